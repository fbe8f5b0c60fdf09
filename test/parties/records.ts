import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bundle, QuestionnaireResponse } from '@medplum/fhirtypes'
import { signingKeys, testAnchors } from '../../fixtures/test-keys.ts'
import { extensionUrl } from '../../src/document/canonical.ts'
import type { KindCode } from '../../src/document/kind.ts'
import { type PlainAnswers, toPlain } from '../../src/forms/plain.ts'
import { certificateCheck } from '../../src/signature/certificates.ts'
import type { SignatureTrust } from '../../src/signature/ports.ts'
import { verifyAuthorSignature } from '../../src/signature/verify.ts'
import { canonicalize } from '../../src/standards/jcs.ts'
import { readJson } from '../../src/standards/json.ts'
import { publishedForm } from './forms.ts'

/** A document from an author's own records, found unbroken. */
export interface Stored {
  readonly path: string
  readonly bundle: Bundle
  readonly kind: KindCode
  /** version of the form */
  readonly version: string
  readonly answers: PlainAnswers
}

/** Whom people of the test world believe: the test authority, and the keys of its houses. */
export const townTrust: SignatureTrust = {
  signingKey: kid => {
    const known = signingKeys.get(kid)
    return known && { key: known.publicKey, alg: known.alg }
  },
  certificates: certificateCheck(testAnchors())
}

/** no `Bundle.id`, and only this as `Bundle.meta`: the signature does not reach there */
const meta = canonicalize({ profile: [extensionUrl('ryoritsu-document')] })

/**
 * Takes a document from the author's own records and checks, as such systems do before they send one on, that it is
 * still what its author signed.
 * @throws JsonError; Refusal of the signature station; Error where the part that is not signed was changed
 */
export async function takeFromRecords(folder: string, path: string): Promise<Stored> {
  const { value } = readJson(readFileSync(join(folder, path)), { maxDepth: 64 })
  const bundle = value as Bundle
  await verifyAuthorSignature(bundle, townTrust, {
    verifiedAt: Date.now(),
    receivedAt: undefined,
    organization: undefined
  })
  if (bundle.id !== undefined || canonicalize(bundle.meta ?? null) !== meta)
    throw new Error(`${path} was changed where no signature reaches`)
  const response = responseOf(bundle)
  const [, kind, version] = /\/([a-z-]+)\|(\d+)$/u.exec(response.questionnaire ?? '') ?? []
  const form = publishedForm(kind as KindCode, version!)
  return { path, bundle, kind: kind as KindCode, version: version!, answers: toPlain(form, response) }
}

export function responseOf(bundle: Bundle): QuestionnaireResponse {
  const found = (bundle.entry ?? []).map(({ resource }) => resource)
  const response = found.find(resource => resource?.resourceType === 'QuestionnaireResponse')
  if (response?.resourceType !== 'QuestionnaireResponse') throw new Error('a document without a response')
  return response
}
