import t from 'tap'
import { invariants, notCompiled } from '../../src/validate/invariants.ts'
import { definitions, structure } from './example.ts'
import { invariantExamples } from './invariant-examples.ts'

/** JSON without members that are undefined. */
const plain = (resource: object) => JSON.parse(JSON.stringify(resource))
const keysOf = (resource: object): readonly string[] => {
  const value = plain(resource)
  return structure.check(value, value.resourceType).map(({ rule }) => rule)
}

for (const [key, [broken, kept]] of Object.entries(invariantExamples)) {
  t.test(`${key} refuses what breaks it and nothing else`, async t => {
    const rule = `r4-${key.replace(/^.*:/, '')}`
    t.ok(keysOf(broken).includes(rule), keysOf(broken).join())
    t.strictSame(keysOf(kept), [])
  })
}

t.test('every invariant of the definitions is compiled, or said not to be', async t => {
  const isExcused = (key: string) =>
    Object.hasOwn(notCompiled, key) || Object.hasOwn(notCompiled, key.replace(/-.*/, '-*'))
  const elements = definitions.flatMap(({ snapshot }) => snapshot.element)
  const errors = elements.flatMap(({ path, constraint = [] }) =>
    constraint
      .filter(({ severity }) => severity === 'error')
      .map(({ key }) => (invariants.has(`${path}:${key}`) ? `${path}:${key}` : key))
  )
  const defined = new Set(errors)
  t.strictSame(
    [...defined].filter(key => !invariants.has(key) && !isExcused(key)),
    []
  )
  t.strictSame(
    [...invariants.keys()].filter(key => !defined.has(key)),
    [],
    'none is compiled that is not defined'
  )
})

t.test('every invariant that is compiled has been seen to refuse', async t => {
  t.strictSame([...invariants.keys()].sort(), Object.keys(invariantExamples).sort())
})
