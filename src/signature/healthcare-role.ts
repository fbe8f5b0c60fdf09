import type { DerPlace } from '../standards/der-element.ts'
import { childrenOf, contentOf, contextTag, DerReader, readOid, tags } from '../standards/der-reader.ts'
import { type CertificateFields, sequenceOf } from './certificate-fields.ts'

/** Which attribute says what its holder is, and in which coding scheme. */
export interface RoleScheme {
  /** type of the attribute in subjectDirectoryAttributes */
  readonly attribute: string
  readonly scheme: string
}

/** hcRole as HPKI certificates have it. */
export const hpkiRoles: RoleScheme = { attribute: '1.0.17090.0.1', scheme: '1.2.392.100495.1.6.1.1' }

/**
 * What a certificate says that its holder is (`Medical Doctor`): the text of each HCActor of this coding scheme.
 *
 * HCActorData is a SET OF HCActor, HCActor a SEQUENCE whose `[0]` is CodedData, CodedData a SET (in some certificates a SEQUENCE)
 * of `[0]` the scheme, `[1]` a code and `[2]` free text. Roles of another scheme are no roles here.
 * @throws DerError for what is not of this shape
 * @see ISO 17090-2 (healthcareactor), RFC 5280 section 4.2.1.8
 */
export function rolesOf({ extensions }: CertificateFields, { attribute, scheme }: RoleScheme): readonly string[] {
  const extension = extensions.get('2.5.29.9')
  if (!extension) return []
  const { value } = extension
  return childrenOf(value, sequenceOf(extension)).flatMap(element => {
    const { type, values } = readAttribute(value, element)
    return type === attribute ? values.flatMap(data => actorsIn(value, data).flatMap(codedIn(value, scheme))) : []
  })
}

function readAttribute(
  bytes: Uint8Array,
  element: DerPlace
): { readonly type: string; readonly values: readonly DerPlace[] } {
  const reader = new DerReader(bytes, element)
  return { type: readOid(bytes, reader.next()), values: childrenOf(bytes, reader.next(tags.set)) }
}

const actorsIn = (bytes: Uint8Array, data: DerPlace): readonly DerPlace[] =>
  childrenOf(bytes, data).filter(({ tag }) => tag === tags.sequence)

/** The text of `[0] CodedData` where it is of the scheme. */
function codedIn(bytes: Uint8Array, scheme: string): (actor: DerPlace) => readonly string[] {
  return actor => {
    const coded = new DerReader(bytes, actor).enterOptional(contextTag(0))
    if (!coded) return []
    const parts = childrenOf(bytes, coded.next())
    const inner = (number: number) => {
      const part = parts.find(({ tag }) => tag === contextTag(number))
      return part && new DerReader(bytes, part).next()
    }
    const [system, text] = [inner(0), inner(2)]
    if (!system || !text || readOid(bytes, system) !== scheme) return []
    return [Buffer.from(contentOf(bytes, text)).toString('utf8')]
  }
}
