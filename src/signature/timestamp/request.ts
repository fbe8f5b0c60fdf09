import { der, derInteger, derOid, tags } from '../../standards/der.ts'
import { algorithmIdentifiers } from './identifiers.ts'

export interface TimestampQuestion {
  /** SHA-256 of what is to be stamped */
  readonly imprint: Uint8Array
  /** 16 random bytes: an answer to another question does not fit */
  readonly nonce: Uint8Array
}

/**
 * A TimeStampReq: SHA-256, a nonce, and the wish that the token holds the authority's certificates. No policy is asked for: which
 * are taken is judged in the answer.
 * @see RFC 3161 section 2.4.1
 */
export function timestampRequest({ imprint, nonce }: TimestampQuestion): Buffer {
  if (imprint.length !== 32) throw new TypeError('the imprint is a SHA-256')
  const algorithm = der(tags.sequence, derOid(algorithmIdentifiers.sha256), der(tags.null))
  return der(
    tags.sequence,
    derInteger(Buffer.from([1])),
    der(tags.sequence, algorithm, der(tags.octetString, imprint)),
    derInteger(nonce),
    der(tags.boolean, Buffer.from([0xff]))
  )
}
