import {
  type Der,
  DerMembers,
  generalizedTime,
  integerBytes,
  oidText,
  readDer,
  smallInteger,
  tags
} from '../../standards/der.ts'
import { TimestampFault } from './fault.ts'
import { type AlgorithmId, readAlgorithm } from './hashes.ts'

/** What an authority signs: these bytes were there at that time. */
export interface TstInfo {
  readonly policy: string
  readonly hash: AlgorithmId
  readonly imprint: Uint8Array
  /** as an INTEGER is written */
  readonly serial: Uint8Array
  /** milliseconds since 1970 */
  readonly time: number
  /** milliseconds, rounded up; 0 where none is stated */
  readonly accuracy: number
  readonly nonce: Uint8Array | undefined
  /** GeneralName of the authority, if it names itself */
  readonly authority: Der | undefined
}

/**
 * Reads a TSTInfo.
 * @throws DerError, TimestampFault `version`
 * @see RFC 3161 section 2.4.2
 */
export function readTstInfo(bytes: Uint8Array): TstInfo {
  const info = new DerMembers(readDer(bytes, tags.sequence).content)
  if (smallInteger(info.next(tags.integer)) !== 1) throw new TimestampFault('version', 'TSTInfo of another version')
  const policy = oidText(info.next(tags.oid))
  const imprint = info.sequence()
  const hash = readAlgorithm(imprint)
  const hashed = imprint.next(tags.octetString).content
  imprint.end()
  const serial = integerBytes(info.next(tags.integer))
  const time = generalizedTime(info.next(tags.generalizedTime))
  const accuracy = info.optional(tags.sequence)
  readOrdering(info)
  const nonce = info.optional(tags.integer)
  const authority = info.optional(tags.context(0))
  refuseCritical(info.optional(tags.context(1)))
  info.end()
  return {
    policy,
    hash,
    imprint: hashed,
    serial,
    time,
    accuracy: accuracy ? accuracyOf(accuracy) : 0,
    nonce: nonce && integerBytes(nonce),
    authority: authority && readDer(authority.content)
  }
}

function accuracyOf({ content }: Der): number {
  const members = new DerMembers(content)
  const seconds = members.optional(tags.integer)
  const [millis, micros] = [members.optional(tags.primitive(0)), members.optional(tags.primitive(1))].map(fractionOf)
  members.end()
  return (seconds ? smallInteger(seconds) : 0) * 1000 + millis! + Math.ceil(micros! / 1000)
}

function fractionOf(value: Der | undefined): number {
  const fraction = value ? smallInteger(value) : 0
  if (value && (fraction < 1 || fraction > 999)) throw new TimestampFault('malformed', 'an accuracy out of range')
  return fraction
}

/** Two tokens of one authority are not compared here, so their order may be what it is. */
function readOrdering(info: DerMembers): void {
  const ordering = info.optional(tags.boolean)
  // DER leaves the default away
  if (ordering && !(ordering.content.length === 1 && ordering.content[0] === 0xff))
    throw new TimestampFault('malformed', 'ordering is written in a way that DER does not have')
}

function refuseCritical(extensions: Der | undefined): void {
  if (!extensions) return
  for (const { content } of new DerMembers(extensions.content).rest(16)) {
    const extension = new DerMembers(content)
    extension.next(tags.oid)
    if (extension.optional(tags.boolean)) throw new TimestampFault('version', 'an extension that must be understood')
    extension.next(tags.octetString)
    extension.end()
  }
}
