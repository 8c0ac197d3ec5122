/** Logs an error the ways this project does. */

import { createPinoLogger } from '#infra/system/pino-logger.ts'

const logger = createPinoLogger({ level: 'info', fileDescriptor: 1 })
const error = new TypeError('it broke', { cause: new Error('deep down') })
logger.warn({ error }, 'as our own parts do')
logger.error({ err: error }, 'as Fastify does')
