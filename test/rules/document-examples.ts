import { documentChanges } from '../validate/document-examples.ts'
import { changed, type Loose, opinion } from '../validate/example.ts'

/** Rule key → a document that breaks it. */
export const documentExamples: ReadonlyMap<string, Loose> = new Map([
  // the first change that breaks a rule
  ...documentChanges
    .toReversed()
    .map(([, change, first]) => [first!.split(' ')[0]!, changed(opinion, change)] as const),
  ...Object.entries({
    'profile-entries': (bundle: Loose) => {
      const { resource } = bundle.entry.at(-1)
      for (let at = bundle.entry.length; at <= 100; at++) {
        bundle.entry.push({ fullUrl: `urn:uuid:00000000-0000-4000-8000-${String(at).padStart(12, '0')}`, resource })
      }
    },
    'id-format': (bundle: Loose) => {
      bundle.entry[3].resource.identifier = [{ system: 'urn:oid:1.3.188', value: '1' }]
    },
    'id-check-digit': (bundle: Loose) => {
      bundle.entry[3].resource.identifier = [{ system: 'urn:oid:1.3.188', value: '9999999999901' }]
    },
    'id-my-number': (bundle: Loose) => {
      bundle.entry[3].resource.identifier = [{ value: '123456789018' }]
    }
  }).map(([rule, change]) => [rule, changed(opinion, change)] as const)
])
