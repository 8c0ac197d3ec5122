import { type Static, Type } from '@sinclair/typebox'
import { LIMITS } from './limits.ts'
import { AgentId, Count, Features, Name, TaskId, Timestamp } from './scalars.ts'
import { annotate, closedObject, textEnum } from './schema.ts'

const DurationMs = Type.Number({
  minimum: 0,
  maximum: 1e12,
  description: 'How long the work took, in milliseconds.',
})
const Cost = Type.Number({ minimum: 0, maximum: 1e15, description: "Cost, in the swarm's own unit." })
const WorkType = annotate(Name, { description: 'Kind of work; for a task its `type`.' })
const Method = annotate(Name, {
  description: 'How the work was done, such as the name of a model, a prompt or a tool.',
})

export const ExperienceOutcome = textEnum(['completed', 'failed', 'rejected', 'canceled'], {
  description: 'How the work ended.',
})

export const OutcomeReport = closedObject(
  {
    agentId: Type.Optional(
      annotate(AgentId, { description: 'The agent that reports. Left out by agents and by clients.' }),
    ),
    type: WorkType,
    method: Method,
    isSuccess: Type.Boolean({ description: 'Whether the work succeeded.' }),
    durationMs: Type.Optional(DurationMs),
    cost: Type.Optional(Cost),
    taskId: Type.Optional(annotate(TaskId, { description: 'The task that the work was part of.' })),
    features: Type.Optional(Features),
  },
  { title: 'OutcomeReport', description: 'How a piece of work ended, and the method it was done by.' },
)
export type OutcomeReport = Static<typeof OutcomeReport>

export const ExperienceView = closedObject(
  {
    sequence: Count('Sequence number of the event that this comes from.'),
    at: Timestamp,
    source: textEnum(['task', 'report'], {
      description: '`task`: a task ended. `report`: an agent or a client reported an outcome.',
    }),
    type: WorkType,
    outcome: ExperienceOutcome,
    taskId: Type.Optional(TaskId),
    agentId: Type.Optional(AgentId),
    method: Type.Optional(Method),
    durationMs: Type.Optional(DurationMs),
    cost: Type.Optional(Cost),
    features: Features,
  },
  { title: 'Experience', description: 'How one piece of work ended.' },
)
export type ExperienceView = Static<typeof ExperienceView>

const isComplete = Type.Boolean({
  description:
    'False while the coordinating node still reads the event log, after a start or a takeover, and where events of the log are missing: then counts may be too low.',
})

export const ExperiencePage = closedObject(
  {
    experiences: Type.Array(ExperienceView, {
      maxItems: LIMITS.experiencesPageMax,
      description: 'Oldest first.',
    }),
    next: Type.Optional(Count('The `after` of the next page; left out on the last.')),
    isComplete,
  },
  { title: 'ExperiencePage', description: 'Finished work, oldest first.' },
)
export type ExperiencePage = Static<typeof ExperiencePage>

const Uncertain = (title: string, description: string) =>
  closedObject(
    {
      mean: Type.Number({ description: 'Mean.' }),
      deviation: Type.Number({ minimum: 0, description: 'Standard deviation.' }),
    },
    { title, description },
  )

export const AdviceRow = closedObject(
  {
    arm: Type.String({ maxLength: 128, description: 'The id of the agent, or the name of the method.' }),
    count: Count('Outcomes that ever counted.'),
    outcomes: closedObject(
      {
        successes: Type.Number({ minimum: 0, description: 'Successes.' }),
        failures: Type.Number({ minimum: 0, description: 'Failures.' }),
      },
      {
        title: 'Outcomes',
        description:
          'Outcomes that still count. Older ones count less with each newer one, so that these are not whole.',
      },
    ),
    success: Uncertain(
      'SuccessEstimate',
      'Estimated success rate, 0 to 1, and how uncertain it is: mean and standard deviation of a Beta posterior.',
    ),
    durationMs: Type.Optional(Uncertain('DurationEstimate', 'Duration, in milliseconds.')),
    cost: Type.Optional(Uncertain('CostEstimate', "Cost, in the swarm's own unit.")),
    utility: Type.Number({ description: 'Mean success − `costWeight` · mean cost.' }),
  },
  { title: 'AdviceRow', description: 'What is known of one agent or method at one type of work.' },
)
export type AdviceRow = Static<typeof AdviceRow>

export const AdviceView = closedObject(
  {
    agents: Type.Array(AdviceRow, { maxItems: 10_000, description: 'By utility, best first.' }),
    methods: Type.Array(AdviceRow, { maxItems: 10_000, description: 'By utility, best first.' }),
    isComplete,
  },
  { title: 'Advice', description: 'What has worked for others at a type of work.' },
)
export type AdviceView = Static<typeof AdviceView>

export const LearnedTypes = closedObject(
  {
    types: Type.Array(WorkType, {
      maxItems: 10_000,
      description: 'The type with the newest outcome comes last.',
    }),
  },
  { title: 'LearnedTypes', description: 'Types of work that something is known of.' },
)
export type LearnedTypes = Static<typeof LearnedTypes>
