import { EVENT_TYPE_PREFIX } from '#contract/event.ts'
import { cutText } from '#contract/text.ts'
import type { EventFilter } from '#domain/communication/event-filter.ts'
import type { EventCursor } from '#domain/communication/event-reader.ts'
import { SwarmError } from '#domain/model/errors.ts'

const CURSOR = /^(?:(\d{1,15})-)?(\d{1,15})$/

/** Reads `<epoch>-<sequence>` or `<sequence>`. @throws SwarmError `cursor_invalid` */
export function parseCursor(text: string): EventCursor {
  const [, epoch, sequence] = CURSOR.exec(text) ?? []
  if (sequence === undefined) throw new SwarmError('cursor_invalid', { cursor: cutText(text, 64) })
  return epoch === undefined
    ? { sequence: Number(sequence) }
    : { epoch: Number(epoch), sequence: Number(sequence) }
}

/** The domain's filter for types as the wire writes them, with `amos.` before them. */
export function eventFilter(types: readonly string[] | undefined, subject: string | undefined): EventFilter {
  const wanted = types?.map((type) => type.slice(EVENT_TYPE_PREFIX.length)) ?? []
  const isAll = wanted.length === 0 || wanted.includes('*')
  return { ...(isAll ? {} : { types: wanted }), ...(subject === undefined ? {} : { subject }) }
}
