import { indexStructureDefinitionBundle, OperationOutcomeError, validateResource } from '@medplum/core'
import type { Bundle, Resource, StructureDefinition } from '@medplum/fhirtypes'
import fc from 'fast-check'
import t from 'tap'
import { definitions, examples, type Loose, structure } from './example.ts'

indexStructureDefinitionBundle(definitions as unknown as StructureDefinition[])

/** What the yardstick says: the message of its refusal, or undefined. */
function medplumRefuses(resource: unknown): string | undefined {
  try {
    validateResource(resource as Resource)
    return undefined
  } catch (error) {
    // Where JSON is too odd for it, it throws what it happens to throw.
    if (!(error instanceof OperationOutcomeError)) return String(error)
    const errors = error.outcome.issue?.filter(({ severity }) => severity === 'error') ?? []
    return errors.map(({ details, expression }) => `${details?.text} (${expression})`).join('; ')
  }
}

t.test('what we take of the fixtures, the validator of Medplum takes too', async t => {
  for (const { name, bundle } of examples) t.equal(medplumRefuses(bundle), undefined, name)
})

/** Every object and list within `value` that has something in it. */
function containers(value: unknown): Loose[] {
  if (typeof value !== 'object' || value === null) return []
  const inner = Object.values(value)
  return inner.length === 0 ? [] : [value, ...inner.flatMap(containers)]
}

const retyped: readonly unknown[] = [
  1,
  1.5,
  -1,
  'x',
  '',
  ' ',
  true,
  null,
  {},
  [],
  ['x'],
  [{}],
  { id: 'x' },
  '2026-02-30',
  'urn:x'
]

type Change = (container: Loose, key: string) => void
const changes: Readonly<Record<string, fc.Arbitrary<Change>>> = {
  drop: fc.constant((container, key) => {
    if (Array.isArray(container)) container.splice(Number(key), 1)
    else delete container[key]
  }),
  rename: fc.constantFrom('X', '_', 's').map(letter => (container, key) => {
    if (Array.isArray(container)) return
    const value = container[key]
    delete container[key]
    container[letter === '_' ? `_${key}` : key + letter] = value
  }),
  retype: fc.constantFrom(...retyped).map(value => (container, key) => {
    container[key] = structuredClone(value)
  }),
  repeat: fc.constant((container, key) => {
    container[key] = [container[key], container[key]]
  })
}

const mutation = fc.record({
  example: fc.nat({ max: examples.length - 1 }),
  where: fc.nat(),
  which: fc.nat(),
  change: fc.oneof(...Object.values(changes))
})

function mutated({ bundle }: { readonly bundle: Bundle }, where: number, which: number, change: Change): unknown {
  const copy = structuredClone(bundle)
  const all = containers(copy)
  const container = all[where % all.length]
  const keys = Object.keys(container)
  change(container, keys[which % keys.length]!)
  return copy
}

t.test('whatever the validator of Medplum refuses of a damaged document, we refuse too', async t => {
  let refused = 0
  fc.assert(
    fc.property(mutation, ({ example, where, which, change }) => {
      const resource = mutated(examples[example]!, where, which, change)
      const message = medplumRefuses(resource)
      if (message === undefined) return
      refused++
      if (structure.check(resource, 'Bundle').length === 0) throw new Error(`we took what has: ${message}`)
    }),
    { numRuns: 400 }
  )
  t.ok(refused > 100, `${refused} damaged documents were refused`)
})
