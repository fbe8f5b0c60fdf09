import { createHash } from 'node:crypto'
import type { RevocationData, RevocationSource } from '../ports.ts'
import { crlUpdates } from './crl.ts'
import { ocspUpdates } from './ocsp.ts'

/** @returns a CRL or an OCSP response, whichever these bytes are; undefined for neither */
export function revocationDataIn(bytes: Uint8Array): RevocationData | undefined {
  const kind = crlUpdates(bytes) ? 'crl' : ocspUpdates(bytes) ? 'ocsp' : undefined
  return kind && { kind, bytes, hash: createHash('sha256').update(bytes).digest('base64url') }
}

/** Evidence from files: all of it is looked at, wherever certificates say that more lies. */
export function evidenceSource(data: readonly RevocationData[]): RevocationSource {
  return {
    isComplete: true,
    crls: async () => data.filter(({ kind }) => kind === 'crl'),
    ocsp: async () => data.filter(({ kind }) => kind === 'ocsp')
  }
}
