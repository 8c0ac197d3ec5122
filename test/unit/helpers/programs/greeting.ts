/** In a file of its own, to show that a child resolves `.ts` imports. */
export const greeting: string = 'listening on'
