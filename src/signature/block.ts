import type { Identifier, Instant } from '../document/ids.ts'
import { Refusal } from '../outcome/refusal.ts'
import { decodeBase64 } from '../standards/base64.ts'
import { EncodingError } from '../standards/base64url.ts'
import { canonicalize } from '../standards/jcs.ts'
import { type Algorithm, type DetachedJws, JwsError, parseDetached } from '../standards/jws.ts'
import type { Faults } from './rules.ts'
import { canonicalization, type SignatureType, signatureTypeSystem, targetFormat } from './signed-form.ts'

/** What `Bundle.signature` says, as far as it could be read; where something is missing, a fault says so. */
export interface SignatureBlock {
  readonly type: SignatureType | undefined
  readonly when: string
  readonly signedAt: Instant
  readonly who: Identifier | undefined
  /** `who.reference`, if given */
  readonly reference: string | undefined
  readonly jws: DetachedJws | undefined
}

export interface BlockRules {
  readonly types: readonly SignatureType[]
  readonly algorithms: readonly Algorithm[]
}

const members = new Set(['type', 'when', 'who', 'targetFormat', 'sigFormat', 'data'])
/** members of the header that are checked below, so that a signer may mark them critical */
const understood = ['sigT', 'srCms', 'canon']

/**
 * Reads a signature and notes every fault that can be seen without a key. No part of it is signed but `data` itself, so
 * each other member must be exactly what the protected header or the contract says.
 *
 * `typ` of the header is not looked at: the payload is a Bundle, which nothing else that these keys sign can be.
 * @throws Refusal `signature-missing`
 * @see contract §6.1
 */
export function readBlock(signature: unknown, rules: BlockRules, faults: Faults): SignatureBlock {
  if (!isObject(signature)) throw new Refusal('signature-missing', { at: ['Bundle.signature'] })
  const { when, who } = signature
  if (!Object.keys(signature).every(name => members.has(name))) faults.add('sig-member')
  if (signature.targetFormat !== targetFormat) faults.add('sig-target-format')
  if (signature.sigFormat !== 'application/jose') faults.add('sig-format')

  const type = rules.types.find(code => isExactly(signature.type, [{ system: signatureTypeSystem, code }]))
  if (type === undefined) faults.add('sig-type')
  const signedAt = typeof when === 'string' && isInstant.test(when) ? Date.parse(when) : Number.NaN
  if (Number.isNaN(signedAt)) faults.add('sig-when')
  const party = readWho(who)
  if (!party) faults.add('sig-who')
  const jws = readJws(signature.data, rules.algorithms, faults)
  if (jws) checkHeader(jws.header, when, type, faults)

  return { type, when: `${when}`, signedAt, who: party?.identifier, reference: party?.reference, jws }
}

export const isInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/

function readWho(who: unknown): { identifier: Identifier; reference: string | undefined } | undefined {
  if (!isObject(who) || !isObject(who.identifier)) return undefined
  const { identifier, reference, ...others } = who
  const { system, value, ...more } = identifier as Record<string, unknown>
  if (typeof system !== 'string' || typeof value !== 'string') return undefined
  if (reference !== undefined && typeof reference !== 'string') return undefined
  if (Object.keys(others).length > 0 || Object.keys(more).length > 0) return undefined
  return { identifier: { system, value }, reference }
}

function readJws(data: unknown, algorithms: readonly Algorithm[], faults: Faults): DetachedJws | undefined {
  try {
    if (typeof data !== 'string') throw new EncodingError('no data')
    return readDetached(decodeBase64(data).toString('latin1'), algorithms, faults)
  } catch (error) {
    if (!(error instanceof EncodingError)) throw error
    faults.add('sig-data')
    return undefined
  }
}

/** A detached JWS, where it is one that may sign a document. */
export function readDetached(text: string, algorithms: readonly Algorithm[], faults: Faults): DetachedJws | undefined {
  try {
    return parseDetached(text, { algorithms, critical: understood })
  } catch (error) {
    if (!(error instanceof JwsError)) throw error
    faults.add(ruleOf[error.kind])
    return undefined
  }
}

const ruleOf = { malformed: 'sig-data', algorithm: 'sig-algorithm', critical: 'sig-critical' } as const

function checkHeader(
  header: DetachedJws['header'],
  when: unknown,
  type: SignatureType | undefined,
  faults: Faults
): void {
  if ((header.kid === undefined) === (header.x5c === undefined)) faults.add('sig-one-key')
  if (header.sigT !== when) faults.add('sig-same-time')
  if (header.canon !== canonicalization) faults.add('sig-canon')
  if (type && commitment(header.srCms) !== `urn:oid:${type}`) faults.add('sig-commitment')
}

/** JAdES: `srCms: [{ commId: { id, desc? }, commQuals? }]` */
function commitment(srCms: unknown): unknown {
  const first: unknown = Array.isArray(srCms) ? srCms[0] : undefined
  return isObject(first) && isObject(first.commId) ? first.commId.id : undefined
}

function isExactly(value: unknown, wanted: unknown): boolean {
  return value !== undefined && canonicalize(value) === canonicalize(wanted)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
