import type { Command } from 'commander'
import { ProposalStatus } from '#contract/consensus/proposal.ts'
import type { BallotList, ProposalInput, ProposalView } from '#contract/index.ts'
import { CommandError, EXIT_CODES } from '#node/exit-codes.ts'
import { type DecisionVerdict, verifyDecision } from '#sdk/index.ts'
import { readPages } from '../input/all-pages.ts'
import { choiceOption } from '../input/filter-value.ts'
import { parseJson, parseRawJson } from '../input/parse-json.ts'
import { readTextFile } from '../input/read-text.ts'
import { exactJson } from '../output/exact-json.ts'
import { createOutput } from '../output/output.ts'
import { renderDecision, renderProposal, renderProposals, renderVerdict } from '../output/render-proposal.ts'
import { collect, connect, type ServerOptions, wholeNumber, withServerOptions } from '../server-options.ts'

interface ProposeOptions extends ServerOptions {
  readonly id?: string
  readonly payload: string
  readonly option?: readonly string[]
  readonly threshold: string
  readonly deadline: number
  readonly voter?: readonly string[]
  readonly capability?: string
  readonly weight?: readonly string[]
  readonly wait?: boolean
}

interface DecisionOptions extends ServerOptions {
  readonly verify?: string
}

const PROPOSE_HELP = `
Examples:
  amos propose 'Merge change 42?' --payload '{"change": 42}' --wait
  amos propose 'Which colour?' --option red --option green --threshold 3/5
  amos propose 'Ship it?' --voter ada --voter bob --weight ada=2`

const DECISION_HELP = `
The hash says which voters you trust, and is to come from elsewhere than the certificate: of the server that froze the
electorate (amos proposals show ID), or computed from the keys of agents you know.

Examples:
  amos decision merge-42
  amos decision merge-42 --verify 8036da15…
  amos verify certificate.json --trust 8036da15…        offline`

export function addProposals(program: Command): void {
  withServerOptions(program.command('propose').description('put something to the vote'))
    .argument('<title>', 'what is asked')
    .option('--id <proposalId>', 'its name; the same again is the same proposal')
    .option('--payload <json>', 'what is judged', 'null')
    .option('--option <name>', 'one of several to choose from; otherwise approve or reject', collect)
    .option('--threshold <a/b>', 'share of the whole weight that wins', '2/3')
    .option('--deadline <ms>', 'how long the voters have', wholeNumber(1, 2_592_000_000), 60_000)
    .option('--voter <agentId>', 'only these may vote; otherwise all that are here', collect)
    .option('--capability <name>', 'only those that can do this')
    .option('--weight <agentId=n>', 'how much a vote counts', collect)
    .option('--wait', 'until it is decided')
    .addHelpText('after', PROPOSE_HELP)
    .action(propose)
  withServerOptions(program.command('vote').description('vote for an agent that is on no channel'))
    .argument('<proposalId>')
    .argument('<choice>', 'an option, or abstain')
    .requiredOption('--as <agentId>', 'whose vote it is')
    .option('--reason <text>', 'why')
    .action(vote)
  addProposalList(program)
  withServerOptions(program.command('decision').description('show a decision, and verify its certificate'))
    .argument('<proposalId>')
    .option('--verify <trustedSetHash>', 'check the certificate against the voters you trust')
    .addHelpText('after', DECISION_HELP)
    .action(showDecision)
  program
    .command('verify')
    .description('verify a certificate offline')
    .argument('<file>', 'a certificate, or a decision as --json prints it')
    .requiredOption('--trust <trustedSetHash>', 'the voters you trust')
    .option('--json', 'JSON for scripts')
    .action(verifyFile)
}

function addProposalList(program: Command): void {
  const proposals = program.command('proposals').description('list and show proposals, and take them back')
  withServerOptions(proposals.command('list', { isDefault: true }).description('list proposals (default)'))
    .addOption(choiceOption('--status <status>', 'only proposals in this state', ProposalStatus))
    .action(listProposals)
  withServerOptions(
    proposals.command('show').description('what is asked, who may vote, and the votes so far'),
  )
    .argument('<proposalId>')
    .action(async (proposalId: string, options: ServerOptions) => {
      const { consensus } = connect(options)
      const [proposal, book] = await Promise.all([
        consensus.proposal(proposalId),
        consensus.ballots(proposalId),
      ])
      showProposal(proposal, book, options)
    })
  withServerOptions(proposals.command('cancel').description('take a proposal back'))
    .argument('<proposalId>')
    .option('--reason <text>', 'why')
    .action(async (proposalId: string, options: ServerOptions & { readonly reason?: string }) => {
      const { consensus } = connect(options)
      const proposal = await consensus.cancel(proposalId, options.reason)
      showProposal(proposal, await consensus.ballots(proposalId), options)
    })
}

async function propose(title: string, options: ProposeOptions): Promise<void> {
  const { consensus } = connect(options)
  const proposal = await consensus.propose(proposalInput(title, options))
  if (options.wait !== true) {
    showProposal(proposal, await consensus.ballots(proposal.proposalId), options)
    return
  }
  const decision = await consensus.waitForDecision(proposal.proposalId)
  const output = createOutput(options)
  output.json(decision)
  output.text(renderDecision(decision))
  if (decision.status !== 'decided') process.exitCode = EXIT_CODES.failed
}

function proposalInput(title: string, options: ProposeOptions): ProposalInput {
  const { id, payload, option, deadline, voter, capability, weight = [] } = options
  if (voter !== undefined && capability !== undefined)
    throw new CommandError('propose takes one of --voter and --capability', EXIT_CODES.usage)
  return {
    title,
    payload: parseRawJson(payload, '--payload'),
    threshold: thresholdOf(options.threshold),
    deadlineMs: deadline,
    weights: Object.fromEntries(weight.map(weightOf)),
    ...(id === undefined ? {} : { proposalId: id }),
    ...(option === undefined ? {} : { mode: 'choice', options: [...option] }),
    ...(voter === undefined ? {} : { electorate: { kind: 'agents', agentIds: [...voter] } }),
    ...(capability === undefined ? {} : { electorate: { kind: 'capability', capability } }),
  }
}

function thresholdOf(text: string): { numerator: number; denominator: number } {
  const [, numerator, denominator] = /^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? []
  if (numerator === undefined || denominator === undefined)
    throw new CommandError(`--threshold: ${text} is no fraction like 2/3`, EXIT_CODES.usage)
  return { numerator: Number(numerator), denominator: Number(denominator) }
}

function weightOf(text: string): [string, number] {
  const [, agentId, weight] = /^([^=]+)=(\d+)$/.exec(text) ?? []
  if (agentId === undefined || weight === undefined)
    throw new CommandError(`--weight: ${text} is not like ada=2`, EXIT_CODES.usage)
  return [agentId, Number(weight)]
}

async function vote(
  proposalId: string,
  choice: string,
  options: ServerOptions & { readonly as: string; readonly reason?: string },
): Promise<void> {
  const { as: agentId, reason } = options
  const { consensus } = connect(options)
  const said = reason === undefined ? { choice } : { choice, reason }
  const book = await consensus.castBallot(proposalId, { agentId, ...said })
  showProposal(await consensus.proposal(proposalId), book, options)
}

async function listProposals(
  options: ServerOptions & { readonly status?: ProposalView['status'] },
): Promise<void> {
  const { consensus } = connect(options)
  const filter = options.status === undefined ? {} : { status: options.status }
  const proposals = await readPages(
    (paging) => consensus.list({ ...filter, ...paging }),
    (page) => page.proposals,
  )
  const output = createOutput(options)
  output.json({ proposals })
  output.text(proposals.length === 0 ? 'no proposals' : renderProposals(proposals))
}

async function showDecision(proposalId: string, options: DecisionOptions): Promise<void> {
  const decision = await connect(options).consensus.decision(proposalId)
  const { verify } = options
  const verdict = verify === undefined ? undefined : verifyDecision(decision.certificate, verify)
  const output = createOutput(options)
  output.json(verdict === undefined ? decision : { ...decision, verdict: briefly(verdict) })
  output.text(
    [renderDecision(decision), ...(verdict === undefined ? [] : [renderVerdict(verdict)])].join('\n\n'),
  )
  if (verdict?.isValid === false) process.exitCode = EXIT_CODES.failed
}

async function verifyFile(
  file: string,
  { trust, json }: { readonly trust: string; readonly json?: boolean },
): Promise<void> {
  const text = await readTextFile(file, file)
  const content = parseJson(text, file)
  // A certificate alone is verified as it is written; in an answer of the server it is one member of several.
  const verdict = verifyDecision(isAnswer(content) ? content.certificate : text, trust)
  const output = createOutput({ json: json === true })
  output.json(briefly(verdict))
  output.text(renderVerdict(verdict))
  if (!verdict.isValid) process.exitCode = EXIT_CODES.failed
}

/** What was saved may be the whole answer of the server. */
function isAnswer(content: unknown): content is { readonly certificate: unknown } {
  return typeof content === 'object' && content !== null && 'certificate' in content
}

/** Without what stands in the certificate itself. */
function briefly(verdict: DecisionVerdict): object {
  if (!verdict.isValid) return verdict
  const { certificate: _c, instance: _i, value: _v, ...rest } = verdict
  return rest
}

function showProposal(proposal: ProposalView, book: BallotList, options: ServerOptions): void {
  const output = createOutput(options)
  output.json({ ...(exactJson(proposal) as ProposalView), ballots: book.ballots })
  output.text(renderProposal(proposal, book))
}
