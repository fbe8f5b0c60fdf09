import { createHash } from 'node:crypto'
import type { Parameters } from '@medplum/fhirtypes'
import { decodeBase64url } from '../../src/standards/base64url.ts'
import { consistencyProof, inclusionProof, verifyConsistency, verifyInclusion } from '../../src/standards/merkle.ts'
import { openNote, parseCheckpoint } from '../../src/standards/signed-note.ts'
import { fetchHead, type GatewayTrust } from '../parties/gateway-trust.ts'
import { verifyReceipt } from '../parties/verify-receipt.ts'
import type { Line } from './ask.ts'
import { type AtRest, detailOf, type OpenedRecord, requestOf } from './at-rest.ts'
import type { Deposit, Ledger } from './ledger.ts'
import type { Load } from './load.ts'
import type { LogAtRest } from './log-at-rest.ts'

/** Deposits whose acknowledgement the database does not bear out, as sentences. */
export async function depositsNotKept(
  file: AtRest,
  records: readonly OpenedRecord[],
  deposits: readonly Deposit[]
): Promise<readonly string[]> {
  const recorded = new Map(
    records.filter(({ act }) => act === 'document-deposit').map(record => [requestOf(record), record.document])
  )
  const found: string[] = []
  for (const { desk, identifier, bytes, key, acknowledged } of deposits) {
    const kept = file.documentsOf(desk.author.file.organization, identifier)
    if (kept.length > 1) found.push(`${identifier.value} is there ${kept.length} times`)
    for (const { request, status, id } of acknowledged) {
      if (!kept.includes(id)) found.push(`${request} was told ${id}, which is not there`)
      else if ((await file.contentHash('document', id)) !== sha256(bytes)) found.push(`${id} has other bytes`)
      // with an Idempotency-Key the first answer comes again, and the record names the first request
      if (status === 201 && key === undefined && recorded.get(request) !== id)
        found.push(`${request} deposited ${id} without a record of it`)
    }
  }
  return found
}

/** Disclosures without exactly one record of that request, that document and, where it came whole, those bytes. */
export async function disclosuresNotRecorded(
  file: AtRest,
  records: readonly OpenedRecord[],
  { readings }: Ledger
): Promise<readonly string[]> {
  const byRequest = new Map<string, OpenedRecord[]>()
  for (const record of records) {
    if (record.act !== 'document-disclose') continue
    const request = requestOf(record) ?? ''
    byRequest.set(request, [...(byRequest.get(request) ?? []), record])
  }
  const found: string[] = []
  for (const { request, id, bytes } of readings) {
    const [record, ...more] = byRequest.get(request) ?? []
    if (!record || more.length > 0)
      found.push(`${request} got ${id}, of which there are ${record ? 'two records' : 'none'}`)
    else if (record.document !== id) found.push(`${request} got ${id}, the record says ${record.document}`)
    else if (bytes && detailOf(record, 'hmac-sha256') !== (await file.recordDigest(id, bytes)))
      found.push(`${request} got other bytes of ${id} than the record says`)
  }
  return found
}

/**
 * Receipts that do not prove their deposit in the log as it stands now: signed, over these bytes, their leaf in the tree of
 * their own checkpoint, that tree the beginning of today's, and the leaf in today's too.
 */
export async function receiptsNotProven(
  deposits: readonly Deposit[],
  readNow: () => LogAtRest,
  trust: GatewayTrust
): Promise<readonly string[]> {
  const head = await fetchHead(trust)
  // read after the checkpoint, since the log goes on growing
  const log = readNow()
  if (!log.root(head.size).equals(head.root)) return [`the checkpoint of ${head.size} is not of these records`]
  return deposits.flatMap(({ bytes, acknowledged }) =>
    acknowledged.flatMap(({ id, receipt }) => {
      try {
        const claims = verifyReceipt(receipt, bytes, trust)
        if (claims.reference !== `DocumentReference/${id}`) return [`the receipt of ${id} is of ${claims.reference}`]
        const { leafIndex, treeSize } = claims
        const leaf = decodeBase64url(claims.leafHash)
        const inclusion = inclusionProof(leafIndex, head.size, log.nodeAt)
        if (!verifyInclusion(leaf, leafIndex, head.size, inclusion, head.root)) return [`${id} is not in the log now`]
        const consistency = consistencyProof(treeSize, head.size, log.nodeAt)
        const old = decodeBase64url(claims.rootHash)
        return verifyConsistency(treeSize, head.size, old, head.root, consistency)
          ? []
          : [`the log of ${id} at ${treeSize} is not the beginning of the one at ${head.size}`]
      } catch (error) {
        return [`${id}: ${(error as Error).message}`]
      }
    })
  )
}

/** Deposits that their author does not get back byte by byte. */
export async function depositsNotServed(load: Load, deposits: readonly Deposit[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const { desk, bytes, acknowledged } of deposits) {
    const { id } = acknowledged[0]!
    const seen = await load.read(desk.author, id)
    if (seen.outcome !== 'answered' || !seen.bytes.equals(bytes)) found.push(`${id} does not come back as it was sent`)
  }
  return found
}

/** Deposits whose record the author's auditor gets no proof of against the checkpoint of now. */
export async function depositsNotProven(
  line: Line,
  deposits: readonly Deposit[],
  trust: GatewayTrust
): Promise<readonly string[]> {
  const found: string[] = []
  for (const deposit of deposits) {
    const { id, receipt } = deposit.acknowledged[0]!
    if (!(await isProven(line, deposit, receipt, trust))) found.push(`${id} has no proof`)
  }
  return found
}

async function isProven(line: Line, { desk, bytes }: Deposit, receipt: string, trust: GatewayTrust): Promise<boolean> {
  const { jti, leafHash, leafIndex } = verifyReceipt(receipt, bytes, trust)
  const seen = await line.ask(desk.auditor, { method: 'GET', path: `/fhir/AuditEvent/${jti}/$proof` })
  if (seen.outcome !== 'answered' || seen.status !== 200) return false
  const { parameter = [] } = JSON.parse(seen.bytes.toString()) as Parameters
  const named = (name: string) => parameter.filter(each => each.name === name)
  const head = parseCheckpoint(openNote(named('checkpoint')[0]!.valueString!, trust.log).text)
  const inclusion = named('inclusion').map(each => decodeBase64url(each.valueString!))
  return (
    named('index')[0]?.valueInteger === leafIndex &&
    verifyInclusion(decodeBase64url(leafHash), leafIndex, head.size, inclusion, head.root)
  )
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
