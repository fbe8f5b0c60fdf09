import { readFileSync } from 'node:fs'
import type { Bundle } from '@medplum/fhirtypes'
import { cases } from '../../fixtures/cases/cases.ts'
import { filesOf } from '../../fixtures/documents.ts'
import { kinds } from '../../src/document/kinds.ts'
import type { Side } from '../../src/document/role.ts'
import type { Received } from '../../src/document/stages.ts'
import { Refusal } from '../../src/outcome/refusal.ts'
import { readJson } from '../../src/standards/json.ts'
import type { RequiredCodes, StructureDefinition } from '../../src/validate/definitions.ts'
import type { FormChecks } from '../../src/validate/ports.ts'
import { compileStructure } from '../../src/validate/structure.ts'
import type { ValidationParts } from '../../src/validate/well-form.ts'
import { publishedForm } from '../parties/forms.ts'

const profile = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../profiles/r4/${name}.json`, import.meta.url), 'utf8'))

export const definitions = profile('structure-definitions') as readonly StructureDefinition[]
export const requiredCodes = profile('value-sets') as RequiredCodes
export const structure = compileStructure(definitions, requiredCodes)

const forms: FormChecks = new Map(
  Object.values(kinds).flatMap(({ code, versions }) =>
    versions.map(version => {
      const form = publishedForm(code, version)
      return [form.canonical, form] as const
    })
  )
)
export const parts: ValidationParts = { structure, forms, kinds }

/** A signed document of a fixture case, with the side that wrote it. */
export interface Example {
  readonly name: string
  readonly side: Side
  readonly bundle: Bundle
}

export const examples: readonly Example[] = cases.flatMap(filesOf).map(({ path, document, bundle }) => ({
  name: path,
  side: document.by === 'hr' ? 'employer' : 'hospital',
  bundle
}))

/** A physician's opinion that nothing is wrong with. */
export const opinion: Example = examples.find(({ name }) => name.startsWith('opinion-return/'))!
/** An employer's work information that nothing is wrong with. */
export const workInformation: Example = examples.find(({ name }) => name.startsWith('work-information/'))!

/** JSON of any shape, to be changed at will. */
// biome-ignore lint/suspicious/noExplicitAny: a broken document has no type
export type Loose = any

/** A copy of the example in which one thing is changed. */
export function changed({ bundle }: Example, change: (bundle: Loose) => void): Loose {
  const copy = structuredClone(bundle)
  change(copy)
  return copy
}

/** What station 2 makes of a document that the side has sent. */
export function receivedFrom(side: Side, bundle: unknown): Received {
  return receivedText(side, JSON.stringify(bundle))
}

export function receivedText(side: Side, text: string): Received {
  const bytes = new TextEncoder().encode(text)
  const { value, ambiguousNumber } = readJson(bytes, { maxDepth: 64 })
  return { request: 'request-1', at: 0, caller: { side }, bytes, value, ambiguousNumber } as unknown as Received
}

/** @throws whatever else `act` throws, and an error if it throws nothing */
export function refusalOf(act: () => unknown): Refusal {
  try {
    act()
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error('nothing was refused')
}
