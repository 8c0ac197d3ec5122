import { Type } from '@sinclair/typebox'

const GIBIBYTE = 1_024 ** 3

/** The settings of the swarms' memory. */
export const MEMORY_SETTINGS = {
  AMOS_MEMORY_VERSIONS_MAX: Type.Integer({
    default: 10,
    minimum: 1,
    maximum: 100,
    description: 'Earlier versions kept of each record of the memory.',
  }),
  AMOS_MEMORY_NAMESPACES_MAX: Type.Integer({
    default: 1_000,
    minimum: 1,
    maximum: 10_000,
    description: "Namespaces of a swarm's memory.",
  }),
  AMOS_MEMORY_RECORDS_MAX: Type.Integer({
    default: 1_000_000,
    minimum: 1,
    maximum: 100_000_000,
    description: 'Records of one namespace of the memory; a namespace can be declared with fewer.',
  }),
  AMOS_MEMORY_BYTES_MAX: Type.Integer({
    default: GIBIBYTE,
    minimum: 1_024,
    maximum: 1_024 * GIBIBYTE,
    description:
      'Bytes of the records of one namespace of the memory; a namespace can be declared with fewer.',
  }),
  AMOS_MEMORY_TENANT_BYTES_MAX: Type.Integer({
    default: 8 * GIBIBYTE,
    minimum: 1_024,
    maximum: 1_024 * GIBIBYTE,
    description: 'Bytes of the memory of all swarms of a tenant.',
  }),
} as const
