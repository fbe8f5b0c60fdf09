import type { Bundle } from '@medplum/fhirtypes'
import { workerOf } from '../../document/case.ts'
import { as, type DocumentId } from '../../document/ids.ts'
import type { Timestamp } from '../../document/timestamp.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { appendAlways } from '../../record/append.ts'
import type { Evidence, Working } from '../../record/ports.ts'
import { signatureValue } from '../../signature/timestamp/signature-value.ts'
import { composer } from '../composer.ts'
import type { Parts } from '../parts.ts'
import { type Stamping, stamped } from './ask-authority.ts'

type Due = Working['stampDue']

/** asked at the same time */
const perRound = 8
const firstMs = 1000
const longestMs = 600_000

/**
 * The row by which a document waits for its time-stamp; part of the commit that records it, so that no restart loses it. None
 * where the gateway has no authority to ask.
 */
export const stampDueRows = (parts: Pick<Parts, 'stamping'>, document: DocumentId, at: number): readonly Due[] =>
  parts.stamping ? [{ document, attempt: 1, dueAt: at, at }] : []

/**
 * Has the signatures of recorded documents stamped (JAdES B-T style). The recorded bytes stay as they are: the token is kept
 * beside them, sealed under the document's key. An authority that is away holds up nothing else; each document is tried again
 * later, and later still.
 * @returns whether there may be more
 * @throws NoTimestamp the first that happened, once all of the round were tried
 */
export async function stampSignatures(parts: Parts): Promise<boolean> {
  const { stamping } = parts
  if (!stamping) return false
  const due = await parts.proofs.due(parts.now(), perRound)
  const done = await Promise.allSettled(due.map(row => stampSignature(parts, stamping, row)))
  const failed = done.find(each => each.status === 'rejected')
  if (failed) throw failed.reason
  return due.length === perRound
}

async function stampSignature(parts: Parts, stamping: Stamping, due: Due): Promise<void> {
  const claimed = await claim(parts, due)
  if (!claimed) return
  const document = as<DocumentId>(due.document)
  const value = signatureValue(
    JSON.parse(Buffer.from(await parts.documents.documentBytes(document)).toString()) as Bundle
  )
  if (!value) throw new TypeError('a recorded document bears no signature')
  const { timestamp, reply } = await stamped(parts, stamping, value)
  await record(parts, claimed, { timestamp, reply })
}

/** Moves the next attempt on before this one is made: another gateway, or a restart, then does not make it too. */
async function claim(parts: Parts, due: Due): Promise<Due | undefined> {
  const { attempt } = due
  const dueAt = parts.now() + Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 20))
  const claimed = { ...due, attempt: attempt + 1, dueAt }
  const isOurs = await parts.record.log.note([{ table: 'stampDue', rows: [claimed] }], [asBefore(due)])
  return isOurs ? claimed : undefined
}

const asBefore = ({ document, attempt }: Due) =>
  ({ kind: 'unchanged', table: 'stampDue', key: { document }, column: 'attempt', value: attempt }) as const

async function record(
  parts: Parts,
  due: Due,
  made: { readonly timestamp: Timestamp; readonly reply: Uint8Array }
): Promise<void> {
  const at = parts.now()
  const stored = (await parts.documents.document(as<DocumentId>(due.document)))!
  const snapshot = (await parts.cases.byId(stored.case))!
  const worker = workerOf(snapshot)
  try {
    await appendAlways(parts.record, {
      guards: [asBefore(due)],
      rows: { proof: [await proofRow(parts, stored.id, made, at)] },
      working: {},
      gone: [{ table: 'stampDue', key: { document: stored.id } }],
      audit: [
        composer(parts, { request: parts.newId(), at })('signature-verify', {
          case: snapshot,
          document: stored.id,
          organizations: [...new Set([stored.organization, ...(worker ? [worker.organization] : [])])],
          entities: [{ of: 'document', reference: `DocumentReference/${stored.id}`, kind: stored.kind }]
        })
      ]
    })
  } catch (error) {
    // the answer came after the next attempt had become due, and that one was faster
    if (!(error instanceof Refusal && error.key === 'decision-changed')) throw error
  }
}

async function proofRow(
  { newId, record: { keyring } }: Parts,
  document: DocumentId,
  { timestamp, reply }: { readonly timestamp: Timestamp; readonly reply: Uint8Array },
  at: number
): Promise<Evidence['proof']> {
  const id = newId()
  const kept = Buffer.from(JSON.stringify({ ...timestamp, reply: Buffer.from(reply).toString('base64') }))
  const sealed = keyring.seal(await keyring.key(document), `proof|${id}`, kept)
  return { id, document, kind: 'timestamp', sealed, at }
}
