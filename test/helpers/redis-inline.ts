import { connect } from 'node:net'

const ANSWER_TIMEOUT_MS = 2_000

/**
 * One command over a connection of its own, for the answers a client library hides: is it there, and which
 * run is it? Takes simple strings, integers and one bulk string.
 *
 * @throws Error when the connection fails, the answer is an error (`-LOADING`), or nothing comes for 2 s.
 */
export function askRedis(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(`${command}\r\n`))
    let received = ''
    socket.setEncoding('utf8')
    socket.setTimeout(ANSWER_TIMEOUT_MS, () =>
      socket.destroy(new Error(`no answer to ${command} on port ${port}`)),
    )
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`connection closed before the answer to ${command}`)))
    socket.on('data', (chunk) => {
      received += chunk
      const answer = parseAnswer(received)
      if (answer === undefined) return
      if (answer instanceof Error) reject(answer)
      else resolve(answer)
      socket.destroy()
    })
  })
}

/** `undefined` while the answer is incomplete. */
function parseAnswer(received: string): string | Error | undefined {
  const lineEnd = received.indexOf('\r\n')
  if (lineEnd === -1) return undefined
  const line = received.slice(1, lineEnd)
  if (received.startsWith('-')) return new Error(line)
  if (!received.startsWith('$')) return line
  const bulk = Buffer.from(received.slice(lineEnd + 2))
  const length = Number(line)
  return bulk.length < length + 2 ? undefined : bulk.subarray(0, length).toString()
}
