import type { TProperties } from '@sinclair/typebox'
import { closedObject } from './schema.ts'

/** What one type of event carries. */
export function eventData<P extends TProperties>(title: string, description: string, properties: P) {
  return closedObject(properties, { title, description })
}
