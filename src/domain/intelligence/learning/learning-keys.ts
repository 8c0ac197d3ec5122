import { recordKind } from '../../model/record-kind.ts'
import type { RecordKey } from '../../ports/records.ts'
import { MODEL_RECORDS, type ModelRecord } from './models/model-record.ts'
import type { RoundState } from './rounds/round-state.ts'

export const ROUND_RECORDS = recordKind<RoundState>('learning_round')

export function modelKey(model: string): RecordKey<ModelRecord> {
  return { kind: MODEL_RECORDS, id: model }
}

export function roundKey(roundId: string): RecordKey<RoundState> {
  return { kind: ROUND_RECORDS, id: roundId }
}
