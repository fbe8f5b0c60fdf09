import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { KindCode } from '../../src/document/kind.ts'
import { compileForm } from '../../src/forms/compile.ts'
import type { Form } from '../../src/forms/form.ts'

const folder = join(import.meta.dirname, '../../profiles/questionnaires')
const compiled = new Map<string, Form>()

/** A published form, as a partner's system has downloaded it once. */
export function publishedForm(kind: KindCode, version: string): Form {
  return publishedView(kind, version)
}

/** The same for view forms: `opinion-return-processed`. */
export function publishedView(name: string, version: string): Form {
  const id = `${name}-${version}`
  const form = compiled.get(id) ?? compileForm(JSON.parse(readFileSync(join(folder, `${id}.json`), 'utf8')))
  compiled.set(id, form)
  return form
}
