import type { CertificateFields } from '../certificate-fields.ts'
import type {
  CertificatePath,
  RevocationAnswer,
  RevocationCheck,
  RevocationData,
  RevocationSource,
  RevocationTimes
} from '../ports.ts'
import { type Crl, crlUrisOf, ocspUrisOf, openCrl } from './crl.ts'
import { judge, type OpenCrl } from './judge.ts'
import { ocspRequest } from './ocsp.ts'

/**
 * Asks a source about every certificate of a path but its anchor, and judges what it gives. One that is revoked decides; `good`
 * needs a word about each; what was used is named.
 * @param source data at hand, or fetched in bounded time
 */
export function revocationCheck(source: RevocationSource, { maxCrls = 16 } = {}): RevocationCheck {
  const opened = crlShelf(maxCrls)
  return async (path, times) => {
    const answers = await Promise.all(pairsOf(path).map(pair => ask(pair, source, times, opened)))
    const statuses = answers.map(({ status }) => status)
    const status = statuses.includes('revoked') ? 'revoked' : statuses.includes('unknown') ? 'unknown' : 'good'
    const used = new Map(answers.flatMap(({ evidence }) => evidence).map(data => [data.hash, data]))
    return { status, evidence: [...used.values()] }
  }
}

type Pair = readonly [certificate: CertificateFields, issuer: CertificateFields]

const pairsOf = ({ certificates }: CertificatePath): readonly Pair[] =>
  certificates.slice(0, -1).map((certificate, place) => [certificate, certificates[place + 1]!])

/** OCSP first: an answer is small, a list may be large. */
async function ask(
  [certificate, issuer]: Pair,
  source: RevocationSource,
  times: RevocationTimes,
  open: OpenCrl
): Promise<RevocationAnswer> {
  const ways = [
    () => source.ocsp(ocspUrisOf(certificate), ocspRequest(certificate, issuer)),
    () => source.crls(crlUrisOf(certificate))
  ]
  const good: RevocationData[] = []
  for (const way of ways) {
    for (const data of await way()) {
      const status = await judge(data, certificate, issuer, times, open)
      if (status !== 'unknown') source.believed?.(data.hash)
      if (status === 'revoked') return { status, evidence: [data] }
      if (status === 'good') good.push(data)
      if (status === 'good' && !source.isComplete) break
    }
    if (good.length > 0 && !source.isComplete) break
  }
  return { status: good.length > 0 ? 'good' : 'unknown', evidence: good.slice(0, 2) }
}

/** Opened lists, the one not used for the longest time first; those that are being opened are waited for. */
function crlShelf(most: number): OpenCrl {
  const shelf = new Map<string, Promise<Crl>>()
  return (data, issuer) => {
    const key = `${data.hash} ${Buffer.from(issuer.spki).toString('base64')}`
    const crl = shelf.get(key) ?? openCrl(data.bytes, issuer)
    shelf.delete(key)
    shelf.set(key, crl)
    // one that does not hold need not take a place
    crl.catch(() => shelf.get(key) === crl && shelf.delete(key))
    if (shelf.size > most) shelf.delete(shelf.keys().next().value!)
    return crl
  }
}
