/**
 * Writes `openapi/forms/`: the answers of each form and version as JSON Schema 2020-12, for `gateway.yaml` to refer to.
 * `node profiles/answers.ts` writes, `node profiles/answers.ts --check` exits 1 if what is committed differs.
 *
 * `<kind>-<version>.json` is what an author writes, complete; `<kind>-released-<version>.json` and those of the view forms
 * (`-processed-`, `-supervisor-`) are what a recipient reads, where any answer may be masked or left out.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { readQuestionnaires } from '../src/adapters/files/published.ts'
import type { Form } from '../src/forms/form.ts'
import { answersSchema, type Schema } from '../src/forms/json-schema.ts'
import { compileForms } from '../src/forms/registry.ts'

const folder = new URL('../openapi/forms/', import.meta.url)

/** `opinion-return-processed` and `2026` of the canonical. */
function nameOf({ canonical }: Form): { readonly id: string; readonly version: string } {
  const [, id, version] = /\/([^/|]+)\|([^|]+)$/u.exec(canonical) ?? []
  if (id === undefined || version === undefined) throw new TypeError(`${canonical} has no name for a file`)
  return { id, version }
}

const isView = (id: string): boolean => /-(?:processed|supervisor)$/u.test(id)

/** With the mask in a file of its own, so that no reference depends on where a schema stands. */
function released(form: Form): { readonly schema: Schema; readonly masked: Schema } {
  const { $defs, ...schema } = answersSchema(form, { masked: true })
  const text = JSON.stringify(schema).replaceAll('"#/$defs/masked"', '"./masked.json"')
  return { schema: JSON.parse(text) as Schema, masked: ($defs as { readonly masked: Schema }).masked }
}

const print = (schema: Schema): string => `${JSON.stringify(schema, null, 2)}\n`

const files = new Map<string, string>()
for (const form of compileForms(readQuestionnaires()).all) {
  const { id, version } = nameOf(form)
  const { schema, masked } = released(form)
  const $schema = 'https://json-schema.org/draft/2020-12/schema'
  files.set('masked.json', print({ $schema, ...masked }))
  files.set(isView(id) ? `${id}-${version}.json` : `${id}-released-${version}.json`, print(schema))
  if (!isView(id)) files.set(`${id}-${version}.json`, print(answersSchema(form)))
}

mkdirSync(folder, { recursive: true })
const present = new Map(readdirSync(folder).map(name => [name, readFileSync(new URL(name, folder), 'utf8')]))
const different = [...files].filter(([name, text]) => present.get(name) !== text).map(([name]) => name)
const superfluous = [...present.keys()].filter(name => !files.has(name))

if (process.argv.includes('--check')) {
  for (const name of [...different, ...superfluous])
    console.error(`openapi/forms/${name} is not what its generator makes`)
  if (different.length + superfluous.length > 0) process.exitCode = 1
} else {
  for (const name of different) writeFileSync(new URL(name, folder), files.get(name)!)
  for (const name of superfluous) rmSync(new URL(name, folder))
  console.log(`${files.size} files, ${different.length} written, ${superfluous.length} removed`)
}
