/** 0000-01-01T00:00:00.000Z */
const FIRST_MS = -62_167_219_200_000
/** 9999-12-31T23:59:59.999Z */
const LAST_MS = 253_402_300_799_999

const RFC_3339 = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/

/**
 * Milliseconds since the Unix epoch for a time in RFC 3339; undefined for other text, and for a time that has no year
 * of four digits in UTC and could not be written again. A leap second counts as the first second after it.
 */
export function readTime(text: string): number | undefined {
  const [, date, minutes, seconds, fraction = '', zone = ''] = RFC_3339.exec(text) ?? []
  if (date === undefined) return undefined
  const isLeap = seconds === '60'
  // Date.parse takes other forms too, and reads some years of them as others: "0001-01-01 00:00:00Z" as 2001.
  const at = Date.parse(`${date}T${minutes}:${isLeap ? '59' : seconds}${fraction}${zone.toUpperCase()}`)
  const time = isLeap ? at + 1_000 : at
  return time >= FIRST_MS && time <= LAST_MS ? time : undefined
}
