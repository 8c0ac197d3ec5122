import { describe, expectTypeOf, it } from 'vitest'
import type { AgentRegister } from '#contract/agent.ts'
import type { ProposalCreate } from '#contract/consensus/proposal.ts'
import type { AgentRegisterInput, ProposalInput, TaskSubmitInput } from '#contract/inputs.ts'
import type { TaskSubmit } from '#contract/task.ts'
import { SwarmAgent, type TaskHandler } from '#sdk/index.ts'

describe('the documented inputs', () => {
  it('have the fields of their schemas, and no others', () => {
    expectTypeOf<keyof TaskSubmitInput>().toEqualTypeOf<keyof TaskSubmit>()
    expectTypeOf<keyof AgentRegisterInput>().toEqualTypeOf<keyof AgentRegister>()
    expectTypeOf<keyof ProposalInput>().toEqualTypeOf<keyof ProposalCreate>()
  })
})

describe('a handler', () => {
  it('is typed by its payload and its result', () => {
    const agent = new SwarmAgent({ url: 'http://127.0.0.1:1' })
    agent.handle<{ readonly numbers: readonly number[] }, { readonly sum: number }>('sum', ({ payload }) => {
      expectTypeOf(payload.numbers).toEqualTypeOf<readonly number[]>()
      return { sum: payload.numbers.length }
    })
    // @ts-expect-error a result of another type
    agent.handle<unknown, { readonly sum: number }>('sum', () => 'six')
    agent.handle('any', ({ payload }) => {
      expectTypeOf(payload).toEqualTypeOf<unknown>()
      return payload
    })
    expectTypeOf<TaskHandler>().toBeFunction()
  })
})
