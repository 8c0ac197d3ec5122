import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import type { FastifyInstance, FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify'
import { RequestError, type RequestErrorOptions } from '../problem/request-error.ts'

type Place = 'body' | 'query' | 'path' | 'headers'

const PLACES: Readonly<Record<string, Place>> = {
  body: 'body',
  querystring: 'query',
  params: 'path',
  headers: 'headers',
}

/**
 * Checks requests against the contract. A body is taken as it is; what comes in an address or a header is text, so
 * that numbers and booleans are made of it first.
 */
export function validateRequests(app: FastifyInstance): void {
  const strict = createAjv(false)
  const coercing = createAjv(true)
  app.setValidatorCompiler(({ schema, httpPart }) =>
    compiledAtFirstUse(httpPart === 'body' ? strict : coercing, schema as object),
  )
  app.setSchemaErrorFormatter((errors, part) => validationError(errors, PLACES[part] ?? 'body'))
}

/** All schemas together take longer to compile than the rest of a start, and few of them are needed at once. */
function compiledAtFirstUse(ajv: Ajv, schema: object): ReturnType<FastifySchemaCompiler<unknown>> {
  let validate: ValidateFunction | undefined
  return (data) => {
    validate ??= ajv.compile(schema)
    return validate(data) || { error: (validate.errors ?? []) as FastifySchemaValidationError[] }
  }
}

function createAjv(coerceTypes: boolean): Ajv {
  const ajv = new Ajv({ coerceTypes, useDefaults: true, removeAdditional: false, allErrors: false })
  // The package is CommonJS: under Node its function is the default export of a default export.
  const formats = addFormats as unknown as { default?: typeof addFormats.default } & typeof addFormats.default
  ;(formats.default ?? formats)(ajv)
  return ajv
}

function validationError(errors: FastifySchemaValidationError[], place: Place): RequestError {
  const found = (errors as Partial<ErrorObject>[]).map((error) => fieldError(error, place))
  const detail = found.map(({ in: where, pointer, detail }) => `${where}${pointer} ${detail}`).join('; ')
  return new RequestError('validation_failed', detail, { errors: found })
}

function fieldError(
  { instancePath = '', message = 'is not valid', params }: Partial<ErrorObject>,
  place: Place,
): NonNullable<RequestErrorOptions['errors']>[number] {
  const { additionalProperty, missingProperty, allowedValues } = (params ?? {}) as Record<string, unknown>
  if (typeof additionalProperty === 'string') {
    return {
      in: place,
      pointer: `${instancePath}/${escaped(additionalProperty)}`,
      detail: 'is not a known field',
    }
  }
  if (typeof missingProperty === 'string') {
    return { in: place, pointer: `${instancePath}/${escaped(missingProperty)}`, detail: 'is missing' }
  }
  if (Array.isArray(allowedValues)) {
    return { in: place, pointer: instancePath, detail: `must be one of ${allowedValues.join(', ')}` }
  }
  return { in: place, pointer: instancePath, detail: message }
}

/** A name as a segment of a JSON pointer, and cut where a caller made it very long. */
function escaped(name: string): string {
  return name.slice(0, 128).replaceAll('~', '~0').replaceAll('/', '~1')
}
