import { Command } from 'commander'
import { EXIT_CODES_HELP } from '#node/exit-codes.ts'
import { packageVersion } from '#node/package-version.ts'
import { addAgents } from './commands/agents.ts'
import { addBudgets } from './commands/budgets.ts'
import { addControls } from './commands/controls.ts'
import { addDoctor } from './commands/doctor.ts'
import { addEvents } from './commands/events.ts'
import { addExplain } from './commands/explain.ts'
import { addGroups } from './commands/groups.ts'
import { addInbox } from './commands/inbox.ts'
import { addLeader } from './commands/leader.ts'
import { addLearning } from './commands/learning.ts'
import { addMemory } from './commands/memory.ts'
import { addPatterns } from './commands/patterns.ts'
import { addProposals } from './commands/proposals.ts'
import { addReplay } from './commands/replay.ts'
import { addSchedules } from './commands/schedules.ts'
import { addSend } from './commands/send.ts'
import { addServe } from './commands/serve.ts'
import { addSimulate } from './commands/simulate.ts'
import { addStatus } from './commands/status.ts'
import { addStore } from './commands/store.ts'
import { addSubmit } from './commands/submit.ts'
import { addSwarms } from './commands/swarms.ts'
import { addTasks } from './commands/tasks.ts'
import { addTopology } from './commands/topology.ts'
import { addTrails } from './commands/trails.ts'

const HELP = `
Start with:
  amos serve           a server of your own on http://127.0.0.1:3000
  amos status          how it is doing

Each command explains itself: amos submit --help
${EXIT_CODES_HELP}`

/** All commands. It throws instead of ending the process, so that its caller chooses the exit code. */
export function createProgram(): Command {
  const program = new Command('amos')
    .description('The coordination server for swarms of agents.')
    .version(packageVersion())
    .addHelpText('after', HELP)
    .showHelpAfterError('(see --help)')
    .exitOverride()
  for (const add of [
    addServe,
    addSubmit,
    addTasks,
    addAgents,
    addEvents,
    addPatterns,
    addTopology,
    addSend,
    addInbox,
    addMemory,
    addProposals,
    addLeader,
    addExplain,
    addTrails,
    addLearning,
    addGroups,
    addSwarms,
    addSchedules,
    addControls,
    addBudgets,
    addStatus,
    addStore,
    addDoctor,
    addReplay,
    addSimulate,
  ])
    add(program)
  return program
}
