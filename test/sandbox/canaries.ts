import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Canary, neverToHr } from '../../fixtures/canary.ts'

/** Texts of a physician's document that must never reach HR, or must all reach whom everything was released to. */
export function canariesIn(
  records: string,
  path: string
): { readonly hidden: readonly string[]; readonly answers: readonly string[] } {
  const all = JSON.parse(readFileSync(join(records, 'canaries.json'), 'utf8')) as readonly Canary[]
  const ofDocument = all.filter(canary => canary.document === path && canary.by === 'physician')
  const medical = ['diagnosis', 'symptom', 'treatment', 'medication']
  return {
    hidden: ofDocument.filter(({ class: name }) => neverToHr.has(name)).map(({ value }) => value),
    answers: ofDocument.filter(({ class: name }) => medical.includes(name)).map(({ value }) => value)
  }
}

/** Those that stand in a text, as they are or in JSON escapes. */
export function foundIn(texts: readonly string[], canaries: readonly string[]): readonly string[] {
  const escaped = (value: string) => JSON.stringify(value).slice(1, -1)
  return canaries.filter(value => texts.some(text => text.includes(value) || text.includes(escaped(value))))
}
