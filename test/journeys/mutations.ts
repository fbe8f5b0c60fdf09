import fc from 'fast-check'

/** One change somewhere in a JSON value: which place, counted from its beginning, and what happens there. */
export interface Mutation {
  readonly place: number
  readonly how: 'replace' | 'remove' | 'repeat' | 'rename' | 'wrap'
  readonly value: unknown
}

/** What software stumbles over. */
const nasty = fc.constantFrom<unknown>(
  ...[null, true, 0, -1, 1.5, 1e308, 2 ** 53, '', ' ', '\u0000', 'x'.repeat(5000), '́', '\u202e', '🜚'],
  ...['constructor', 'toString', 'hasOwnProperty', '../..', '%', '2026-13-45', '9999-12-31T23:59:60Z', '0001-01-01'],
  ...['urn:uuid:00000000-0000-4000-8000-000000000000', 'Patient/1', '#x', 'https://x|y|z', '{{', '<b>', '123456789018'],
  ...[[], {}, [[]], [null], { a: 1 }, { resourceType: 'Bundle' }, { reference: 'Patient/1' }, [{}, {}, {}]]
)

export const mutation: fc.Arbitrary<Mutation> = fc.record({
  place: fc.nat(5000),
  how: fc.constantFrom('replace', 'remove', 'repeat', 'rename', 'wrap'),
  value: fc.oneof(nasty, fc.jsonValue({ maxDepth: 3 }))
})

/** A copy with one place changed; places are counted anew where there are fewer. */
export function mutated(value: unknown, { place, how, value: by }: Mutation): unknown {
  const copy: unknown = structuredClone(value)
  const places = placesIn(copy)
  if (places.length === 0) return by
  const [parent, key] = places[place % places.length]!
  const members = parent as Record<string, unknown>
  const old = members[key]
  if (how === 'replace') members[key] = by
  if (how === 'wrap') members[key] = [old]
  if (how === 'remove') remove(parent, key)
  if (how === 'repeat') repeat(parent, key)
  if (how === 'rename' && !Array.isArray(parent)) {
    delete members[key]
    members[typeof by === 'string' && by !== '__proto__' ? by : `_${key}`] = old
  }
  return copy
}

type Place = readonly [parent: object, key: string]

function placesIn(value: unknown): readonly Place[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.keys(value).flatMap(key => [
    [value, key] as const,
    ...placesIn((value as Record<string, unknown>)[key])
  ])
}

function remove(parent: object, key: string): void {
  if (Array.isArray(parent)) parent.splice(Number(key), 1)
  else delete (parent as Record<string, unknown>)[key]
}

function repeat(parent: object, key: string): void {
  if (Array.isArray(parent)) parent.splice(Number(key), 0, structuredClone(parent[Number(key)]))
  else (parent as Record<string, unknown>)[`${key}2`] = structuredClone((parent as Record<string, unknown>)[key])
}
