import { HONEST, type Variant } from '#simulation/variant.ts'

/** Each node goes by its own wall clock, which anybody may set, instead of the one that all nodes share. */
export const DUE_BY_OWN_CLOCK: Variant = {
  ...HONEST,
  clock: (_, own) => own,
}
