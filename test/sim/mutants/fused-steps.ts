import { AgentState } from '#domain/agents/agent-state.ts'
import { isSwarmError } from '#domain/model/errors.ts'
import { TaskAssigner } from '#domain/tasks/task-assigner.ts'
import { TaskTransitions, type Transition } from '#domain/tasks/task-transitions.ts'
import { plant } from './plant.ts'

/** Leaves the room set aside where the step that should have used it failed. */
export const plantKeptReservation = (): (() => void) =>
  plant(
    TaskAssigner.prototype,
    'settle',
    (right) =>
      function settle(this: TaskAssigner, pending, written) {
        if (written !== undefined && 'lease' in written) right.call(this, pending, written)
      },
  )

/** Gives out a slot again while the step that uses it is being written. */
export const plantSlotGivenTwice = (): (() => void) =>
  plant(AgentState.prototype, 'reserve', () => (resources) => ({ resources }))

/** Hands the next task over although the report was refused: it takes the agent's word that a slot is free. */
export function plantHandOverAfterStaleReport(): () => void {
  let isFreed = false
  const ends = [
    plant(
      AgentState.prototype,
      'freeSlots',
      (right) =>
        function freeSlots(this: AgentState, now) {
          return Math.max(isFreed ? 1 : 0, right.call(this, now))
        },
    ),
    plant(AgentState.prototype, 'asIfFreed', () => (_taskId, _token, look) => {
      isFreed = true
      try {
        return look()
      } finally {
        isFreed = false
      }
    }),
    plant(
      TaskTransitions.prototype,
      'run',
      (right) =>
        async function run(this: TaskTransitions, transition) {
          const { follower } = transition
          const kept = follower && { ...transition, follower: withoutFailure(follower) }
          try {
            return await right.call(this, kept ?? transition)
          } catch (error) {
            if (follower !== undefined && isSwarmError(error, 'lease_lost'))
              await handOver(right.bind(this), follower)
            else follower?.fail(error)
            throw error
          }
        } as typeof right,
    ),
  ]
  return () => ends.forEach((end) => end())
}

type AnyFollower = NonNullable<Transition<unknown, unknown>['follower']>

function withoutFailure(follower: AnyFollower): AnyFollower {
  return {
    keys: follower.keys,
    decide: (...ended) => follower.decide(...ended),
    settle: (result) => follower.settle(result),
    fail: () => undefined,
  }
}

async function handOver(run: TaskTransitions['run'], follower: AnyFollower): Promise<void> {
  const [own, ...reads] = follower.keys
  if (own === undefined) return
  const { result } = await run({
    taskId: own.id as Transition<unknown, unknown>['taskId'],
    reads,
    decide: (task, now, found) =>
      task &&
      follower.decide({ task, events: [], ready: [] }, now, [
        { key: own, version: 1, value: task },
        ...found,
      ]),
  })
  follower.settle(result)
}
