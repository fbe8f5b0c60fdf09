import { childrenOf, contextTag, DerReader, readOid, readSmallInteger, tags } from '../standards/der-reader.ts'
import { type CertificateFields, sequenceOf } from './certificate-fields.ts'

const anyPolicy = '2.5.29.32.0'

/** `all`: every policy, as an authority that names `anyPolicy` certifies for. */
type Valid = ReadonlySet<string> | 'all'

/**
 * The certificate policies that hold along a path, by RFC 5280 section 6.1 without policy mappings: a policy counts under the name
 * that every certificate gives it. `inhibitAnyPolicy` and `requireExplicitPolicy` are respected.
 * @param path leaf first, without the anchor
 * @returns OIDs; `all` where every certificate says anyPolicy; undefined: an authority asks for a policy and none holds
 * @throws DerError
 */
export function policiesAlong(path: readonly CertificateFields[]): Valid | undefined {
  let valid: Valid = 'all'
  let explicit = path.length + 1
  let inhibitAny = path.length + 1
  for (const [place, certificate] of path.toReversed().entries()) {
    const isLeaf = place === path.length - 1
    const named = policiesOf(certificate)
    const mayBeAny = inhibitAny > 0 || (!isLeaf && isSelfIssued(certificate))
    valid = intersection(valid, named, mayBeAny)
    if (explicit === 0 && isNone(valid)) return undefined
    const required = requiredIn(certificate)
    if (isLeaf) explicit = required === 0 ? 0 : Math.max(explicit - 1, 0)
    else {
      const step = isSelfIssued(certificate) ? 0 : 1
      explicit = Math.min(Math.max(explicit - step, 0), required ?? explicit)
      inhibitAny = Math.min(Math.max(inhibitAny - step, 0), inhibitAnyOf(certificate) ?? inhibitAny)
    }
  }
  return explicit === 0 && isNone(valid) ? undefined : valid
}

const isNone = (valid: Valid): boolean => valid !== 'all' && valid.size === 0

function intersection(valid: Valid, named: readonly string[], mayBeAny: boolean): Valid {
  const own = new Set(named.filter(oid => oid !== anyPolicy))
  if (mayBeAny && named.includes(anyPolicy)) return valid
  return valid === 'all' ? own : new Set([...valid].filter(oid => own.has(oid)))
}

const isSelfIssued = ({ issuer, subject }: CertificateFields): boolean => Buffer.from(issuer).equals(subject)

function policiesOf({ extensions }: CertificateFields): readonly string[] {
  const extension = extensions.get('2.5.29.32')
  if (!extension) return []
  const { value } = extension
  return childrenOf(value, sequenceOf(extension)).map(policy => readOid(value, new DerReader(value, policy).next()))
}

/** `requireExplicitPolicy`; what it says of mappings does not matter where none is applied. */
function requiredIn({ extensions }: CertificateFields): number | undefined {
  const extension = extensions.get('2.5.29.36')
  const require = extension && sequenceOf(extension).optional(contextTag(0, 'primitive'))
  return require && readSmallInteger(extension!.value, require)
}

function inhibitAnyOf({ extensions }: CertificateFields): number | undefined {
  const extension = extensions.get('2.5.29.54')
  return extension && readSmallInteger(extension.value, new DerReader(extension.value).next(tags.integer))
}
