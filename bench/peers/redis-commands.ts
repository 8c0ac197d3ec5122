import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** What Redis says of a command that a script gave, and not a client. */
const FROM_SCRIPT = / lua\] /

/** Counts the commands that clients give to a Redis, those inside scripts left out. Slows Redis down a little. */
export class RedisCommands {
  readonly #socket: Socket
  #count = 0
  #rest = ''

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1').on('data', (text: string) => this.#read(text))
  }

  static async watch(port: number): Promise<RedisCommands> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    const commands = new RedisCommands(socket)
    socket.write('MONITOR\r\n')
    return commands
  }

  get count(): number {
    return this.#count
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split('\r\n')
    this.#rest = lines.pop() ?? ''
    // Each command is one line: `+<time> [<db> <client>] "<name>" …`.
    for (const line of lines)
      if (line.startsWith('+') && line !== '+OK' && !FROM_SCRIPT.test(line)) this.#count += 1
  }
}
