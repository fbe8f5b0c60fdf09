import { createHash } from 'node:crypto'
import type { Certificate } from 'pkijs'
import type { Instant } from '../document/ids.ts'
import { decodeBase64 } from '../standards/base64.ts'
import { EncodingError } from '../standards/base64url.ts'
import { type Anchor, plainRules } from './anchors.ts'
import { type FoundPath, findPath } from './certificate-path.ts'
import type { CertificateAnswer, CertificateCheck } from './ports.ts'

const maxCertificates = 5
const maxCertificateBytes = 8192

/** @returns why the holder of this certificate may not do what it did; undefined: it may */
export type Misuse = (leaf: Certificate) => string | undefined

/**
 * Checks certificates against these trust anchors, at the time of signing. Revocation is another question (`revocation/`).
 *
 * Paths that hold are kept, with their common time of validity, by the SHA-256 of their certificates; the anchors do
 * not change during the life of a check, so they are part of every key. Those that do not hold are looked at anew.
 * @param anchors `readAnchors`; mere certificates in DER are believed all that they certify
 * @param misuse what the signer's own certificate must be for; without it: for signing documents
 * @see RFC 5280 section 6; RFC 7515 section 4.1.6
 */
export function certificateCheck(
  anchors: readonly (Anchor | Uint8Array)[],
  { maxPaths = 1000, misuse }: { readonly maxPaths?: number; readonly misuse?: Misuse } = {}
): CertificateCheck {
  const paths = new Map<string, FoundPath>()
  const trusted = anchors.map(anchor => (anchor instanceof Uint8Array ? { der: anchor, rules: plainRules } : anchor))

  return async (x5c, at) => {
    const chain = decodeChain(x5c)
    if (!chain) return { kind: 'malformed', why: 'x5c is not a short list of certificates in base64' }
    const key = createHash('sha256').update(x5c.join('.')).digest('base64')
    const known = paths.get(key)
    const found = known ?? (await findPath(chain, trusted, at, misuse))
    if ('kind' in found) return found
    // the newest stands last, so that the first is the one not used for the longest time
    paths.delete(key)
    paths.set(key, found)
    if (paths.size > maxPaths) paths.delete(paths.keys().next().value!)
    return atTime(found, at)
  }
}

function atTime({ from, until, signer, path }: FoundPath, at: Instant): CertificateAnswer {
  if (at < from) return { kind: 'expired', why: 'signed before the path was valid', rule: 'sig-not-yet-valid' }
  if (at > until) return { kind: 'expired', why: 'signed after the validity of the path' }
  return { kind: 'trusted', signer, path }
}

function decodeChain(x5c: readonly string[]): readonly Buffer[] | undefined {
  if (x5c.length === 0 || x5c.length > maxCertificates) return undefined
  try {
    const chain = x5c.map(decodeBase64)
    return chain.every(({ length }) => length > 0 && length <= maxCertificateBytes) ? chain : undefined
  } catch (error) {
    if (error instanceof EncodingError) return undefined
    throw error
  }
}
