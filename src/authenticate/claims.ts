import { JsonError, readJson } from '../standards/json.ts'
import { isRecord } from './is-record.ts'

/** Claims of a JWT that a caller made, before any of them is believed. */
export type Claims = Readonly<Record<string, unknown>>

/** @returns undefined for a payload that is no JSON object, or that holds a member twice */
export function claimsIn(payload: Uint8Array): Claims | undefined {
  try {
    const { value } = readJson(payload, { maxDepth: 8 })
    return isRecord(value) ? value : undefined
  } catch (error) {
    if (error instanceof JsonError) return undefined
    throw error
  }
}
