import type { Bundle, HumanName, Organization, Practitioner } from '@medplum/fhirtypes'
import type { Identifier } from '../document/ids.ts'
import type { CertifiedSigner } from './ports.ts'

/** A party that the Composition names as author. */
export interface Author {
  readonly kind: 'Practitioner' | 'Organization'
  readonly fullUrl: string
  readonly identifiers: readonly Partial<Identifier>[]
  readonly names: readonly string[]
}

/** The practitioners and organisations of `Composition.author`, in its order; what does not resolve is left out. */
export function authorsOf(bundle: Bundle): readonly Author[] {
  const entries = bundle.entry ?? []
  const composition = entries[0]?.resource
  if (composition?.resourceType !== 'Composition') return []
  return (composition.author ?? []).flatMap(({ reference }) => {
    const entry = reference === undefined ? undefined : entries.find(({ fullUrl }) => fullUrl === reference)
    if (entry?.fullUrl === undefined) return []
    if (entry.resource?.resourceType === 'Practitioner') return [practitioner(entry.fullUrl, entry.resource)]
    if (entry.resource?.resourceType === 'Organization') return [organization(entry.fullUrl, entry.resource)]
    return []
  })
}

/** A physician's registration number stands in the qualification (domain §6), other numbers in `identifier`. */
function practitioner(fullUrl: string, { identifier = [], qualification = [], name = [] }: Practitioner): Author {
  const registrations = qualification.flatMap(({ identifier = [] }) => identifier)
  return { kind: 'Practitioner', fullUrl, identifiers: [...identifier, ...registrations], names: name.flatMap(written) }
}

function organization(fullUrl: string, { identifier = [], name, alias = [] }: Organization): Author {
  return {
    kind: 'Organization',
    fullUrl,
    identifiers: identifier,
    names: name === undefined ? alias : [name, ...alias]
  }
}

/** Family name first as in Japan, and last as certificates in Latin letters have it. */
function written({ text, family = '', given = [] }: HumanName): readonly string[] {
  return [text ?? '', [family, ...given].join(' '), [...given, family].join(' ')].filter(name => name.trim() !== '')
}

export function hasIdentifier(author: Author, { system, value }: Identifier): boolean {
  return author.identifiers.some(identifier => identifier.system === system && identifier.value === value)
}

/** @returns whether a name in the certificate is a name of the author; width, case and spaces do not count */
export function bearsName(signer: CertifiedSigner, author: Author): boolean {
  const certified =
    author.kind === 'Practitioner' ? signer.commonNames : [...signer.commonNames, ...signer.organizationNames]
  const names = new Set(author.names.map(comparable))
  return certified.some(name => names.has(comparable(name)))
}

function comparable(name: string): string {
  return name.normalize('NFKC').replace(/\s/gu, '').toLowerCase()
}
