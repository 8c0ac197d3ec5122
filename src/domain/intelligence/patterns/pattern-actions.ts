/** What a response can do to the swarm. Each call is bounded in time or happens at once. */
export interface PatternActions {
  /** For this long, in milliseconds, tasks are placed by power of two choices on fresh loads. */
  spreadLoad(durationMs: number): void
  /** For this long, in milliseconds, these tasks go to others than these agents where others can take them. */
  detour(taskIds: readonly string[], agentIds: readonly string[], durationMs: number): void
  /** Fails the task for good. */
  failTask(taskId: string, failure: { readonly code: string; readonly message: string }): Promise<void>
  /** Opens the circuit breakers of these agents. */
  openBreakers(agentIds: readonly string[]): void
  /** Gives the agent nothing new for this long, in milliseconds. */
  rest(agentId: string, durationMs: number): void
  /** Agents that are here now. */
  agentCount(): number
}
