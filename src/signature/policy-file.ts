import { assurances, defaultSignaturePolicy, type SignaturePolicy } from '../document/signature-policy.ts'
import { JsonError, readJson } from '../standards/json.ts'
import { TrustFileError } from './anchors.ts'

const uses: readonly string[] = ['deposit', 'medicalCertificate']

/**
 * Reads `signature-policy.json`: `{"oc.sign.physician":{"deposit":"qualified"}}` changes what it names and leaves the rest as it is.
 * `"medicalCertificate": null` says that a document is never called 診断書.
 * @param json undefined: there is no such file
 * @throws TrustFileError with every problem
 */
export function readSignaturePolicy(json: string | undefined): SignaturePolicy {
  if (json === undefined) return defaultSignaturePolicy
  const file = parse(json)
  if (!isObject(file)) throw new TrustFileError(['must be an object of slots'])
  const problems = Object.entries(file).flatMap(([slot, change]) => problemsOf(slot, change))
  if (problems.length > 0) throw new TrustFileError(problems)
  const slots = Object.entries(defaultSignaturePolicy).map(([slot, known]) => {
    const { medicalCertificate, ...rest } = { ...known, ...(file[slot] as Partial<typeof known> | undefined) }
    return [slot, { ...rest, medicalCertificate: medicalCertificate ?? undefined }] as const
  })
  return Object.fromEntries(slots)
}

function problemsOf(slot: string, change: unknown): readonly string[] {
  if (!Object.hasOwn(defaultSignaturePolicy, slot)) return [`${slot}: no slot that is signed for deposit`]
  if (!isObject(change)) return [`${slot}: must be an object`]
  return Object.entries(change).flatMap(([use, least]) => {
    if (!uses.includes(use)) return [`${slot}: ${use}: no such member`]
    const isKnown =
      (assurances as readonly unknown[]).includes(least) || (use === 'medicalCertificate' && least === null)
    return isKnown ? [] : [`${slot}: ${use}: must be one of ${assurances.join(', ')}`]
  })
}

function parse(json: string): unknown {
  try {
    return readJson(Buffer.from(json), { maxDepth: 8 }).value
  } catch (error) {
    if (error instanceof JsonError) throw new TrustFileError([error.message])
    throw error
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
