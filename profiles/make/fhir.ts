import { canonicalBase, codeSystem } from '../../src/document/canonical.ts'
import type { Text } from '../forms/form.ts'

/** FHIR as a generator writes it: the members stand in the order in which they will be printed. */
export type Json = Readonly<Record<string, unknown>>

/** The `_text` (or `_title`, `_display`, …) that carries the English beside the Japanese of the element itself. */
export function english(en: string): Json {
  return {
    extension: [
      {
        url: 'http://hl7.org/fhir/StructureDefinition/translation',
        extension: [
          { url: 'lang', valueCode: 'en' },
          { url: 'content', valueString: en }
        ]
      }
    ]
  }
}

/** `{ [name]: Japanese, [_name]: English }` */
export function bilingual<Name extends string>(name: Name, { ja, en }: Text): Json {
  return { [name]: ja, [`_${name}`]: english(en) }
}

/** A Coding of one of our own lists. */
export function ownCoding(list: string, code: string): Json {
  return { system: codeSystem(list), code }
}

export function questionnaireUrl(name: string): string {
  return `${canonicalBase}/Questionnaire/${name}`
}

/** `opinion-return` → `OpinionReturn`, as `name` elements want it. */
export function computerName(id: string): string {
  return id.replace(/(^|-)(\w)/g, (_, _dash, letter: string) => letter.toUpperCase())
}

/** One committed file: pretty printed, two spaces, one line feed at the end. */
export function print(resource: Json): string {
  return `${JSON.stringify(resource, null, 2)}\n`
}
