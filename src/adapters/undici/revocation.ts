import type { RevocationFetch } from '../../journeys/document/ports.ts'
import type { Network } from './addresses.ts'
import { guardedOutbound, type Resolve } from './guarded.ts'

const maxCrlBytes = 10 * 1024 * 1024
const maxOcspBytes = 20 * 1024

export interface RevocationOptions {
  /** until the whole answer is there; milliseconds */
  readonly timeoutMs?: number
  readonly resolve?: Resolve
}

/**
 * CRLs and OCSP over HTTP (RFC 5280 section 4.2.1.13, RFC 6960 appendix A): plain http is right here, since what comes is signed.
 * The urls stand in certificates of authorities that are believed; the same addresses are closed as for webhooks.
 */
export function undiciRevocation(
  allow: readonly Network[],
  { timeoutMs = 3000, resolve }: RevocationOptions = {}
): RevocationFetch & { close(): Promise<void> } {
  const outbound = guardedOutbound(allow, resolve)
  return {
    async crl(url) {
      const told = await outbound.ask(url, { method: 'GET', headers: {}, timeoutMs, maxBytes: maxCrlBytes })
      return told?.status === 200 ? told.body : undefined
    },
    async ocsp(url, request) {
      const headers = { 'content-type': 'application/ocsp-request', accept: 'application/ocsp-response' }
      const told = await outbound.ask(url, {
        method: 'POST',
        headers,
        body: request,
        timeoutMs,
        maxBytes: maxOcspBytes
      })
      return told?.status === 200 ? told.body : undefined
    },
    close: () => outbound.close()
  }
}
