import { extensionUrl } from '../document/canonical.ts'

/** What an extension, or a part of one, holds: a value in one of these members, of these codes where they are bound. */
export interface Value {
  readonly members: readonly string[]
  readonly codes?: readonly string[]
}

/** An extension with parts instead of a value. */
export interface Parts {
  readonly parts: Readonly<Record<string, Value & { readonly min: 0 | 1; readonly max: 1 }>>
}

const core = (name: string): string => `http://hl7.org/fhir/StructureDefinition/${name}`
const one = { min: 1, max: 1 } as const

/**
 * The extensions that resources here carry, by url: ours as `profiles/structure-definitions/` publishes them, which a
 * test holds against this table, and those of R4. Extensions of Questionnaires are judged where forms are compiled.
 */
export const extensionTable: Readonly<Record<string, Value | Parts>> = {
  [extensionUrl('assurance')]: { members: ['valueCode'], codes: ['original', 'author', 'gateway'] },
  [extensionUrl('delivery')]: {
    parts: {
      recipient: { ...one, members: ['valueReference'] },
      state: {
        ...one,
        members: ['valueCode'],
        codes: ['accepted', 'notified', 'retrieved', 'acknowledged', 'failed', 'stopped']
      }
    }
  },
  [extensionUrl('receipt')]: { members: ['valueString'] },
  [extensionUrl('recorded-by')]: { members: ['valueReference'] },
  [extensionUrl('replaces')]: { members: ['valueReference'] },
  [extensionUrl('sd-jwt')]: { members: ['valueUrl'] },
  [extensionUrl('signature-assurance')]: {
    parts: {
      level: { ...one, members: ['valueCode'], codes: ['attested', 'organisation', 'certificate', 'qualified'] },
      revocation: { min: 0, max: 1, members: ['valueCode'], codes: ['good', 'unknown'] },
      'medical-certificate': { ...one, members: ['valueBoolean'] }
    }
  },
  [extensionUrl('signature-time')]: { members: ['valueInstant'] },
  [extensionUrl('timestamp')]: {
    parts: {
      time: { ...one, members: ['valueInstant'] },
      accuracy: { ...one, members: ['valueUnsignedInt'] },
      policy: { ...one, members: ['valueOid'] },
      authority: { ...one, members: ['valueString'] },
      token: { ...one, members: ['valueUrl'] }
    }
  },
  [extensionUrl('withholding')]: { members: ['valueCode'], codes: ['marked', 'silent'] },
  [core('data-absent-reason')]: {
    members: ['valueCode'],
    codes: [
      'unknown',
      'asked-unknown',
      'temp-unknown',
      'not-asked',
      'asked-declined',
      'masked',
      'not-applicable',
      'unsupported',
      'as-text',
      'error',
      'not-a-number',
      'negative-infinity',
      'positive-infinity',
      'not-performed',
      'not-permitted'
    ]
  },
  [core('iso21090-EN-representation')]: { members: ['valueCode'], codes: ['ABC', 'IDE', 'SYL'] },
  [core('composition-clinicaldocument-versionNumber')]: { members: ['valueString'] },
  [core('translation')]: {
    parts: {
      lang: { ...one, members: ['valueCode'] },
      content: { ...one, members: ['valueString', 'valueMarkdown'] }
    }
  }
}
