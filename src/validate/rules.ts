import { documentRules } from './document-rules.ts'
import { extensionRules } from './extensions.ts'
import type { Rule } from './findings.ts'
import { identifierRules } from './identifiers.ts'
import { invariants } from './invariants.ts'
import { primitives } from './primitives.ts'
import { structureRules, typeRules } from './structure-rules.ts'

/**
 * Everything that this station can say of a resource, once for each sentence: several may have one key. The rules of
 * forms (`qr-…`, `que-…`) are not among them.
 */
export const validationRules: readonly Rule[] = [
  ...Object.values(structureRules),
  ...Object.values(typeRules),
  ...[...primitives.values()].map(({ rule }) => rule),
  ...[...invariants.values()].map(({ rule }) => rule),
  ...Object.values(extensionRules),
  ...Object.values(documentRules),
  ...Object.values(identifierRules)
]
