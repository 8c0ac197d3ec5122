import type { Infra } from '#infra/infra.ts'

/** Several nodes of one installation, as the adapters for many nodes make them. */
export interface NodesUnderTest {
  readonly nodes: readonly [Infra, Infra, Infra]
  teardown(): Promise<void>
}

export type SetupNodes = () => Promise<NodesUnderTest>
