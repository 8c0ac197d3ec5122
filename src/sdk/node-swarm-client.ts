import { SwarmClient as UniversalSwarmClient } from './client/swarm-client.ts'
import type { SwarmClientOptions } from './client/swarm-client-options.ts'
import { openWebSocketFeed } from './client/websocket-feed.ts'

/** The client with Node's means: events come over a WebSocket. */
export class SwarmClient extends UniversalSwarmClient {
  constructor(options: SwarmClientOptions) {
    super({ openFeed: openWebSocketFeed, ...options })
  }
}
