/** Mulberry32: a number in [0, 1) and the generator's next state, 32 bits. Spreads timers; keeps no secret. */
export function draw(state: number): readonly [share: number, next: number] {
  const next = (state + 0x6d2b79f5) >>> 0
  let mixed = next
  mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return [((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296, next]
}
