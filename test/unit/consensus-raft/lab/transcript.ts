import type { RaftMessage } from '#domain/consensus/raft/raft-message.ts'
import { genesisOf } from '#domain/consensus/raft/raft-state.ts'
import { electorateEpoch, term } from '#domain/consensus/raft/term.ts'
import { lastEntry, type VoterLog, withEntry } from '#domain/consensus/raft/voter-log.ts'
import { type AgentId, agentId } from '#domain/model/ids.ts'
import { RaftLab } from './raft-lab.ts'
import { showMessage, showState } from './show.ts'

/**
 * Runs the commands of a transcript and writes what came of each below it. Lines that begin with `> ` are commands;
 * comments and empty lines stay; everything else is output and made anew.
 */
export function runTranscript(text: string): string {
  const lab = new RaftLab()
  const lines = text
    .split('\n')
    .filter((line) => line === '' || line.startsWith('#') || line.startsWith('> '))
  return lines
    .flatMap((line) => (line.startsWith('> ') ? [line, ...run(lab, line.slice(2))] : [line]))
    .join('\n')
}

type Command = (lab: RaftLab, words: readonly string[]) => readonly string[] | void

/** What a transcript can say. Voters are named by one word each; `a>b` is the way from a to b. */
const COMMANDS: Readonly<Record<string, Command>> = {
  /** `voters a b c`: they start, in epoch 1. */
  voters: (lab, names) => {
    const voters = ids(names)
    for (const voter of voters) lab.start(voter, genesisOf(electorateEpoch(1), voters))
  },
  /** `voter d of a b c`: starts with the electorate's first voters, whether or not it is one of them. */
  voter: (lab, [name = '', , ...names]) =>
    lab.start(agentId(name), genesisOf(electorateEpoch(1), ids(names))),
  /** `log a 1 1 2`: it starts again with entries of these terms, in the last of them. */
  log: (lab, [name = '', ...terms]) => {
    const self = agentId(name)
    const saved = lab.saved.get(self)!
    const log = terms.reduce<VoterLog>(
      (log, raw) => withEntry(log, term(Number(raw)), lastEntry(log).voters),
      { ...saved.log, entries: [] },
    )
    lab.start(self, { ...saved, term: lastEntry(log).term, log })
  },
  /** `term a 7`: it starts again in this term, with no vote. */
  term: (lab, [name = '', raw]) => {
    const self = agentId(name)
    lab.start(self, { ...lab.saved.get(self)!, term: term(Number(raw)), votedFor: null })
  },
  restart: (lab, [name = '']) => lab.restart(agentId(name)),
  wait: (lab, [ms]) => lab.wait(Number(ms)),
  /** `timeout a`: its wait for a leader is over; no time passes. */
  timeout: (lab, [name = '']) => lab.electionTimeout(agentId(name)),
  /** `elect a`: a wins an undisturbed election; what is said meanwhile is left out. */
  elect: (lab, [name = '']) => {
    lab.electionTimeout(agentId(name))
    lab.settle()
    lab.takeReport()
    return [showState(lab.states.get(agentId(name))!)]
  },
  /** `tick a`: it looks at the clock. */
  tick: (lab, [name = '']) => lab.step(agentId(name), { type: 'time_passed' }),
  /** `deliver a>b c>*`: what is in flight there; everything where no way is named. */
  deliver: (lab, ways) =>
    lab.deliver(ways.length === 0 ? undefined : (message) => ways.some((way) => isOn(way, message))),
  /** `first a>b`: only the oldest there. */
  first: (lab, [way = '']) => {
    const first = lab.inFlight.find((message) => isOn(way, message))
    lab.deliver((message) => message === first)
  },
  /** `repeat a>b`: what is in flight there arrives twice. */
  repeat: (lab, [way = '']) => {
    lab.inFlight.push(
      ...lab.inFlight.filter((message) => isOn(way, message)).map((message) => ({ ...message })),
    )
  },
  drop: (lab, ways) => {
    lab.inFlight = lab.inFlight.filter((message) => !ways.some((way) => isOn(way, message)))
  },
  settle: (lab) => lab.settle(),
  /** `cut a>b c`: the way from a to b, and all ways from and to c. */
  cut: (lab, ways) => {
    const all = [...lab.states.keys()]
    for (const way of ways) {
      const [from, to] = ids(way.split('>'))
      if (to !== undefined) lab.cut(from!, to)
      else for (const other of all) lab.cutBothWays(from!, other)
    }
  },
  heal: (lab) => lab.heal(),
  /** `gone a to b c`: the hub tells b and c that a is gone; `gone nobody` that the swarm starts. */
  gone: (lab, [gone, , ...names]) => {
    const leaderId = gone === 'nobody' ? null : agentId(gone!)
    for (const name of ids(names)) lab.step(name, { type: 'leader_gone', leaderId })
  },
  add: (lab, [name = '', , leader = '']) =>
    lab.step(agentId(leader), {
      type: 'voter_change_asked',
      change: { type: 'add', agentId: agentId(name) },
    }),
  remove: (lab, [name = '', , leader = '']) =>
    lab.step(agentId(leader), {
      type: 'voter_change_asked',
      change: { type: 'remove', agentId: agentId(name) },
    }),
  transfer: (lab, [to = '', , leader = '']) =>
    lab.step(agentId(leader), { type: 'transfer_asked', to: agentId(to) }),
  /** `electorate 2 a b c`: the hub logs it, and tells a, b and c. */
  electorate: (lab, [epoch, ...names]) => {
    const voters = ids(names)
    for (const self of voters) {
      lab.step(self, { type: 'electorate_logged', epoch: electorateEpoch(Number(epoch)), voters })
    }
  },
  /** `cycle d 9 at a`: adds and removes d that often; what is said meanwhile is left out. */
  cycle: (lab, [name = '', count, , leader = '']) => {
    for (let i = 0; i < 2 * Number(count); i += 1) {
      const change = { type: i % 2 === 0 ? ('add' as const) : ('remove' as const), agentId: agentId(name) }
      lab.step(agentId(leader), { type: 'voter_change_asked', change })
      lab.settle()
    }
    lab.takeReport()
  },
  state: (lab, names) => {
    const shown = names.length === 0 ? [...lab.states.keys()] : ids(names)
    return shown.map((name) => showState(lab.states.get(name)!))
  },
  inflight: (lab) => lab.inFlight.map(showMessage),
  /** `timers`: until when each waits for its leader. */
  timers: (lab) => {
    const waits = Array.from(
      lab.states.values(),
      ({ self, electionDueAt }) => `${self} ${Math.round(electionDueAt)} ms`,
    )
    return [`now ${lab.now} ms, waiting until: ${waits.join(', ')}`]
  },
}

function run(lab: RaftLab, line: string): readonly string[] {
  const [name = '', ...words] = line.split(' ')
  const command = COMMANDS[name]
  if (command === undefined) throw new Error(`no such command: ${line}`)
  const answer = command(lab, words) ?? []
  return [...lab.takeReport(), ...answer]
}

function isOn(way: string, { from, to }: RaftMessage): boolean {
  const [a, b] = way.split('>')
  return (a === '*' || a === from) && (b === '*' || b === to)
}

function ids(names: readonly string[]): readonly AgentId[] {
  return names.map((name) => agentId(name))
}
