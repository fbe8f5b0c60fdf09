import { readdirSync, readFileSync } from 'node:fs'
import type { Questionnaire } from '@medplum/fhirtypes'
import { parse } from 'yaml'

const profiles = new URL('../../../profiles/', import.meta.url)

/** The forms as published in `profiles/questionnaires/`. */
export function readQuestionnaires(): readonly Questionnaire[] {
  const folder = new URL('questionnaires/', profiles)
  const names = readdirSync(folder).filter(name => name.endsWith('.json'))
  return names.sort().map(name => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Questionnaire)
}

/** The baked R4 core: definitions of what the gateway touches, and the codes of its required bindings. */
export function readR4<Definitions, Codes>(): { definitions: Definitions; codes: Codes } {
  const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`r4/${name}`, profiles), 'utf8'))
  return { definitions: read('structure-definitions.json') as Definitions, codes: read('value-sets.json') as Codes }
}

/** Name and version of this software, from package.json. */
export function readSoftware(): { name: string; version: string } {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return { name: 'Ryoritsu Gateway', version }
}

/**
 * The description of everything that is not FHIR: `openapi/gateway.yaml`, parsed, in one piece: the files that it refers to stand
 * among its schemas, each under its name without `.json`.
 */
export function readOpenApi(): unknown {
  const folder = new URL('../../../openapi/', import.meta.url)
  const schemas: Record<string, unknown> = {}
  const inOnePiece = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inOnePiece)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [name, name === '$ref' ? referTo(member) : inOnePiece(member)])
    )
  }
  const referTo = (reference: unknown): unknown => {
    const [, name] = /([^/]+)\.json$/u.exec(String(reference)) ?? []
    if (name === undefined) return reference
    if (!(name in schemas)) {
      // known before it is read, so that files may refer to each other
      schemas[name] = undefined
      schemas[name] = inOnePiece(JSON.parse(readFileSync(new URL(`forms/${name}.json`, folder), 'utf8')))
    }
    return `#/components/schemas/${name}`
  }
  const document = inOnePiece(parse(readFileSync(new URL('gateway.yaml', folder), 'utf8'))) as {
    readonly components: { readonly schemas: object }
  }
  return {
    ...document,
    components: { ...document.components, schemas: { ...document.components.schemas, ...schemas } }
  }
}
