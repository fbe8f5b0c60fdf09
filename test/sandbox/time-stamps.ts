import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bundle } from '@medplum/fhirtypes'
import { request } from 'undici'
import { trustFolder } from '../../fixtures/test-keys.ts'
import { authorityCheck, judgeTimestamp } from '../../src/signature/timestamp.ts'
import { readRoots } from '../../src/signature/trust.ts'
import { openNote, parseCheckpoint } from '../../src/standards/signed-note.ts'
import { awaitStamp } from '../parties/await-stamp.ts'
import { expectStatus } from '../parties/story.ts'
import type { Deposited } from './acts.ts'
import type { Scene } from './scene.ts'
import { must, type Saw } from './step.ts'

/** What a partner believes of a time-stamping authority: its root, got from the authority itself. */
const roots = readRoots(readFileSync(join(trustFolder, 'tsa-roots.pem'), 'utf8'), 'tsa-roots.pem')
const trust = { authorities: authorityCheck(roots), policies: undefined }
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()

/** The time-stamp over the physician's signature, as physician and worker get it, judged by them and not by the gateway. */
export async function stampedSignature({ town, authority }: Scene, opinion: Deposited, saw: Saw): Promise<void> {
  const { time, token, authority: name } = await awaitStamp(town.hospital, opinion.id)
  const { bytes } = expectStatus(await town.worker.get(`/fhir/Binary/${token}`), 200)
  const imprint = sha256(signatureValueOf(opinion.bundle))
  const answer = await judgeTimestamp(bytes, imprint, trust)
  must(answer.kind === 'held', 'the time-stamp holds')
  saw(`signed by ${time}, says ${name.split(',')[0]}`, answer.timestamp.time === Date.parse(time))
  saw('the authority saw its SHA-256 and nothing else', authority.stamped.includes(imprint.toString('hex')))
  const other = await judgeTimestamp(bytes, sha256(Buffer.from('another signature')), trust)
  saw('of no other signature (imprint)', other.kind === 'refused' && other.fault === 'imprint')
  const refused = await town.ohp.get(`/fhir/Binary/${token}`)
  saw('not for recipients (404)', refused.status === 404)
}

/** The stamped head of the log: nobody can say later that another log was there at that time. */
export async function stampedLog({ trust: gateway }: Scene, saw: Saw): Promise<void> {
  const [note, reply] = await both(gateway.issuer)
  const { size } = parseCheckpoint(openNote(note.toString(), gateway.log).text)
  const answer = await judgeTimestamp(reply, sha256(note), trust)
  must(answer.kind === 'held', 'the time-stamp of the log holds')
  saw(`head of ${size} leaves, there at ${new Date(answer.timestamp.time).toISOString()}`, size > 0)
}

/** Note and stamp are replaced together once a minute; asked for one after the other they may be of two minutes. */
async function both(issuer: string): Promise<readonly [Buffer, Buffer]> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const note = await bytesOf(`${issuer}/log/checkpoint.stamped`)
    const reply = await bytesOf(`${issuer}/log/checkpoint.tsr`)
    const again = await bytesOf(`${issuer}/log/checkpoint.stamped`)
    if (note && reply && again?.equals(note)) return [note, reply]
    await sleep(100)
  }
  throw new Error('no head of the log was stamped')
}

async function bytesOf(url: string): Promise<Buffer | undefined> {
  const { statusCode, body } = await request(url)
  const bytes = Buffer.from(await body.arrayBuffer())
  return statusCode === 200 ? bytes : undefined
}

const signatureValueOf = ({ signature }: Bundle): Buffer =>
  Buffer.from(Buffer.from(signature!.data!, 'base64').toString().split('.')[2]!)
