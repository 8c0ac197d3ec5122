import type { ModelView, RoundView } from '#contract/learning-models.ts'
import type {
  Evaluation,
  ModelRecord,
  ModelVersion,
} from '#domain/intelligence/learning/models/model-record.ts'
import type { RoundState } from '#domain/intelligence/learning/rounds/round-state.ts'
import { wireTime } from './wire-time.ts'

export function modelView({
  shape,
  createdAt,
  length: _,
  lastVersion: __,
  versions,
  ...model
}: ModelRecord): ModelView {
  return {
    ...model,
    shape: [...shape],
    createdAt: wireTime(createdAt),
    versions: versions.map(versionView),
  }
}

function versionView({
  version,
  createdAt,
  roundId,
  evaluations,
}: ModelVersion): ModelView['versions'][number] {
  return {
    version,
    createdAt: wireTime(createdAt),
    ...(roundId === undefined ? {} : { roundId }),
    evaluations: Object.fromEntries(
      Object.entries(evaluations).map(([metric, by]) => [metric, pooled(Object.values(by))]),
    ),
  }
}

/** The mean over the evaluators, weighted by their samples. */
function pooled(evaluations: readonly Evaluation[]) {
  const sampleCount = evaluations.reduce((sum, evaluation) => sum + evaluation.sampleCount, 0)
  const mean = evaluations.reduce((sum, { value, sampleCount: own }) => sum + value * (own / sampleCount), 0)
  return { mean, sampleCount, evaluatorCount: evaluations.length }
}

export function roundView(round: RoundState): RoundView {
  const { coordinator, settings, openedAt, deadlineAt, endedAt, updates, ...rest } = round
  const { roundId, model, baseVersion, status, invited, absent, refusals, closedBy, failure, version } = rest
  return {
    roundId,
    model,
    baseVersion,
    status,
    aggregator: { ...settings.aggregator },
    clientsMin: settings.clientsMin,
    parameters: settings.parameters,
    ...(coordinator === null
      ? {}
      : {
          coordinator: {
            agentId: coordinator.agentId,
            epoch: coordinator.electorateEpoch,
            term: coordinator.term,
          },
        }),
    openedAt: wireTime(openedAt),
    deadline: wireTime(deadlineAt),
    invited: [...invited],
    absent: [...absent],
    updates: updates.map(({ agentId, weight, sha256, bytes, metrics }) => ({
      agentId,
      sampleCount: weight,
      sha256,
      bytes,
      metrics,
    })),
    refusals: [...refusals],
    ...(closedBy === undefined ? {} : { closedBy }),
    ...(failure === undefined ? {} : { failure }),
    ...(version === undefined ? {} : { version }),
    ...(endedAt === undefined ? {} : { endedAt: wireTime(endedAt) }),
  }
}
