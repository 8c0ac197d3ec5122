import type { TSchema } from '@sinclair/typebox'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import type { FastifyInstance, FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify'
import { cutText } from '#contract/text.ts'
import { RequestError, type RequestErrorOptions } from '../problem/request-error.ts'
import { decodeTextValues } from './text-values.ts'
import { oneOf, unionMismatch } from './union-mismatch.ts'

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
  const ajv = createAjv()
  app.setValidatorCompiler(({ schema, httpPart }) => {
    const validate = compiledAtFirstUse(ajv, schema)
    if (httpPart === 'body') return validate
    return (data: unknown) => {
      decodeTextValues(schema, data)
      return validate(data)
    }
  })
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

function createAjv(): Ajv {
  const ajv = new Ajv({
    coerceTypes: false,
    useDefaults: true,
    removeAdditional: false,
    allErrors: false,
    verbose: true,
  })
  // The package is CommonJS: under Node its function is the default export of a default export.
  const formats = addFormats as unknown as { default?: typeof addFormats.default } & typeof addFormats.default
  ;(formats.default ?? formats)(ajv)
  return ajv
}

function validationError(errors: FastifySchemaValidationError[], place: Place): RequestError {
  const found = explained(errors as ErrorObject[]).map((error) => fieldError(error, place))
  const detail = found.map(({ in: where, pointer, detail }) => `${where}${pointer} ${detail}`).join('; ')
  return new RequestError('validation_failed', detail, { errors: found })
}

type FieldError = Partial<ErrorObject>

/** Ajv tells of a union why the value is none of its options, one after the other; a person meant one of them. */
function explained(errors: readonly ErrorObject[]): readonly FieldError[] {
  // The outermost union comes last, behind the errors of its options.
  const union = errors.at(-1)
  if (union?.keyword !== 'anyOf') return errors
  const { schemaPath, instancePath, parentSchema, data } = union
  const mismatch = unionMismatch(parentSchema?.['anyOf'] as TSchema[], data)
  if ('detail' in mismatch) {
    return [{ instancePath: instancePath + mismatch.pointer, message: mismatch.detail }]
  }
  return explained(
    errors.filter((error) => error.schemaPath.startsWith(`${schemaPath}/${mismatch.optionIndex}/`)),
  )
}

function fieldError(
  { instancePath = '', message = 'is not valid', params, parentSchema }: FieldError,
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
    return { in: place, pointer: instancePath, detail: oneOf(allowedValues) }
  }
  // Also where the type is wrong already.
  const constant: unknown = parentSchema?.['const']
  if (constant !== undefined) return { in: place, pointer: instancePath, detail: oneOf([constant]) }
  return { in: place, pointer: instancePath, detail: message }
}

/** A name as a segment of a JSON pointer, and cut where a caller made it very long. */
function escaped(name: string): string {
  return cutText(name, 128).replaceAll('~', '~0').replaceAll('/', '~1')
}
