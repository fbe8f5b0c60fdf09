import type { Identifier } from '../document/ids.ts'

/** A JSON object of which nothing is known yet. Looking at one never throws, whatever it holds. */
export type Members = Readonly<Record<string, unknown>>

export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An own member that is an object. */
export function objectAt(of: unknown, name: string): Members | undefined {
  const value = memberOf(of, name)
  return isMembers(value) ? value : undefined
}

/** An own member that is text. */
export function textAt(of: unknown, name: string): string | undefined {
  const value = memberOf(of, name)
  return typeof value === 'string' ? value : undefined
}

/** The elements of an own member that is a list; none otherwise. */
export function listAt(of: unknown, name: string): readonly unknown[] {
  const value = memberOf(of, name)
  return Array.isArray(value) ? value : []
}

function memberOf(of: unknown, name: string): unknown {
  return isMembers(of) && Object.hasOwn(of, name) ? of[name] : undefined
}

/** An Identifier with both parts. */
export function identifierOf(identifier: unknown): Identifier | undefined {
  const system = textAt(identifier, 'system')
  const value = textAt(identifier, 'value')
  return system === undefined || value === undefined ? undefined : { system, value }
}

/** An own member that is an Identifier with both parts. */
export function identifierAt(of: unknown, name: string): Identifier | undefined {
  return identifierOf(objectAt(of, name))
}

/** The Codings of a CodeableConcept. */
export function codingsOf(concept: unknown): readonly Members[] {
  return listAt(concept, 'coding').filter(isMembers)
}
