import type { Findings } from './findings.ts'

export type Json = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** An object that is missing or none reads as empty: what is needed of it is then missing, and is reported as such. */
export const object = (value: unknown): Json => (isObject(value) ? value : {})

/** Elements with the FHIRPath expression of each. One that is no array is reported, lest what it says be overlooked. */
export function list(parent: Json, name: string, at: string, found: Findings): readonly (readonly [Json, string])[] {
  const value = parent[name]
  if (value === undefined) return []
  if (!Array.isArray(value)) {
    found.add('profile-consent-structure', `${at}.${name}`)
    return []
  }
  return value.map((each, index) => [object(each), `${at}.${name}[${index}]`] as const)
}

/** Reports members beyond those named: a Consent means what is decided by, so nothing in it may go unheard. */
export function only(names: readonly string[], value: Json, at: string, found: Findings): void {
  for (const name of Object.keys(value)) {
    const element = name.startsWith('_') ? name.slice(1) : name
    if (names.includes(element)) continue
    // A name from outside is shown only where it can be an element of FHIR; otherwise the parent is named.
    found.add('profile-consent-element', /^[a-z][A-Za-z]{0,39}$/.test(element) ? `${at}.${element}` : at)
  }
}

export const hasCoding = (concept: unknown, system: string, code: string) => {
  const { coding } = object(concept)
  return Array.isArray(coding) && coding.some(each => object(each).system === system && object(each).code === code)
}

/** The id of a relative reference of this type (`Consent/…`); absolute ones name another server. */
export function idIn(reference: unknown, type: string): string | undefined {
  const text = object(reference).reference
  return typeof text === 'string' && text.startsWith(`${type}/`) ? text.slice(type.length + 1) : undefined
}
