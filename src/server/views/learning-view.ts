import type { AdviceView, ExperienceView } from '#contract/learning.ts'
import type { AdviceRow } from '#domain/intelligence/learning/estimates/advice.ts'
import type { Experience } from '#domain/intelligence/learning/experience/experience.ts'
import type { Advice } from '#domain/intelligence/learning/learning-service.ts'
import { wireTime } from './wire-time.ts'

export function experienceView({ at, ...experience }: Experience): ExperienceView {
  return { ...experience, at: wireTime(at) }
}

export function adviceView({ agents, methods, isComplete }: Advice): AdviceView {
  return { agents: agents.map(adviceRowView), methods: methods.map(adviceRowView), isComplete }
}

function adviceRowView({ durationMs, cost, ...row }: AdviceRow): AdviceView['agents'][number] {
  return {
    ...row,
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(cost === undefined ? {} : { cost }),
  }
}
