import { createHash } from 'node:crypto'
import { errorCodes, type FastifyInstance, type FastifyRequest } from 'fastify'
import { parseJson, readUtf8 } from './json-text.ts'

const BYTES_TYPE = 'application/octet-stream'
const fingerprints = new WeakMap<FastifyRequest, string>()

/** Takes JSON bodies, and bytes where the route takes them, and no others. */
export function acceptBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      if (request.headers['idempotency-key'] !== undefined)
        fingerprints.set(request, fingerprint(request, body as Buffer))
      const text = readUtf8(body as Buffer, 'body')
      done(null, text === '' ? undefined : parseJson(text, request.routeOptions.config.opaque))
    } catch (error) {
      done(error as Error)
    }
  })
  app.addContentTypeParser(BYTES_TYPE, { parseAs: 'buffer' }, (request, body, done) => {
    if (request.routeOptions.config.takesBytes === true) done(null, body)
    else done(new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE(BYTES_TYPE))
  })
}

/** SHA-256 of the operation and the body as it was sent; known only where the request had an Idempotency-Key. */
export function bodyFingerprint(request: FastifyRequest): string {
  return fingerprints.get(request) ?? ''
}

function fingerprint(request: FastifyRequest, body: Buffer): string {
  const operation = request.routeOptions.url ?? ''
  return createHash('sha256').update(`${request.method} ${operation}\n`).update(body).digest('hex')
}
