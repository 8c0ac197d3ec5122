import { describe, expect, it } from 'vitest'
import { AgentState } from '#domain/agents/agent-state.ts'
import type { AgentRecord } from '#domain/model/agent-record.ts'
import { monotonicMs } from '#domain/model/ids.ts'
import { requirementOf } from '#domain/resources/requirement.ts'
import { agentReasons } from '#domain/tasks/agents-reason.ts'
import { sampleAgent } from '../../helpers/sample-records.ts'

const now = monotonicMs(0)
const breaker = { failuresMax: 1, cooldownMs: 1_000 }

function agentWith(id: string, capability: string, changes: Partial<AgentRecord> = {}): AgentState {
  const sample = sampleAgent(id)
  const capabilities = [{ name: capability, proficiency: 1, cost: 0 }]
  return new AgentState({ ...sample, spec: { ...sample.spec, capabilities }, ...changes }, breaker)
}

describe('agentReasons', () => {
  it('names agents in quarantine, whatever else is true of them', () => {
    const requirement = requirementOf(['review'], {})
    expect(
      agentReasons(
        requirement,
        [agentWith('eve', 'review', { status: 'online', quarantine: 'it voted twice' })],
        [],
        now,
      ),
    ).toMatchObject([{ code: 'agents_quarantined', changedBy: 'operator', agentIds: ['eve'] }])
  })

  it('says that no agent has all capabilities where each has some', () => {
    const requirement = requirementOf(['review', 'draw'], {})
    const agents = [agentWith('ann', 'review'), agentWith('dan', 'draw')]
    expect(agentReasons(requirement, agents, [], now)).toMatchObject([
      { code: 'no_capable_agent', message: 'no agent has all of review, draw together' },
    ])
  })
})
