import { DerMembers, readDer, smallInteger, tags } from '../../standards/der.ts'
import { TimestampFault } from './fault.ts'

/** granted, and granted with changes: everything that could be changed is compared with what was asked for */
const granted = [0, 1]

/**
 * Takes the token out of a TimeStampResp.
 * @returns TimeStampToken in DER
 * @throws DerError, TimestampFault `rejected`
 * @see RFC 3161 section 2.4.2
 */
export function tokenOfReply(reply: Uint8Array): Uint8Array {
  const members = new DerMembers(readDer(reply, tags.sequence).content)
  const status = members.sequence()
  const code = smallInteger(status.next(tags.integer))
  status.optional(tags.sequence)
  status.optional(tags.bitString)
  status.end()
  const token = members.optional(tags.sequence)
  members.end()
  if (!granted.includes(code)) throw new TimestampFault('rejected', `the authority answered with status ${code}`)
  if (!token) throw new TimestampFault('malformed', 'granted, but no token')
  return token.bytes
}

/** The same for a file, which may hold a reply or a token alone: a token begins with an object identifier. */
export function tokenIn(file: Uint8Array): Uint8Array {
  const first = new DerMembers(readDer(file, tags.sequence).content).any()
  return first.tag === tags.oid ? file : tokenOfReply(file)
}
