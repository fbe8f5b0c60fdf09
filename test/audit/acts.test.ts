import { readFileSync } from 'node:fs'
import t from 'tap'
import { actTable } from '../../src/audit/acts.ts'
import { acts } from '../../src/document/audit-record.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

interface Concept {
  readonly code: string
  readonly display: string
  readonly designation: readonly { readonly language: string; readonly value: string }[]
}

t.test('the acts are those of the published code system, under the same names', async t => {
  const { concept } = JSON.parse(read('profiles/code-systems/act.json')) as { concept: readonly Concept[] }
  const published = concept.map(({ code, display, designation }) => [code, display, designation[0]?.value])
  t.same(
    acts.map(act => [act, actTable[act].ja, actTable[act].en]),
    published
  )
})

t.test('the README lists each act with its profile, codes and action', async t => {
  const readme = read('src/audit/README.md').replace(/ +/g, ' ')
  for (const act of acts) {
    const { ja, profile, type, subtypes, action } = actTable[act]
    const codes = [type, ...subtypes].map(({ code }) => code).join(' · ')
    const row = `| \`${act}\` | ${ja} | ${profile ?? '–'} | ${codes} | ${action} |`
    t.ok(readme.includes(row), row)
  }
})
