import { createHash, type KeyObject } from 'node:crypto'
import type { Certificate, GeneralName, RelativeDistinguishedNames } from 'pkijs'
import type { CertifiedSigner } from './ports.ts'

const commonName = '2.5.4.3'
const organizationName = '2.5.4.10'
const identifying = new Set(['2.5.4.5', '2.5.4.97']) // serialNumber, organizationIdentifier

/** What a certificate says of its holder. HPKI has the name in Japanese as a directory name in the subjectAltName. */
export function certifiedSigner(certificate: Certificate, key: KeyObject, der: Uint8Array): CertifiedSigner {
  const alternatives = alternativesOf(certificate)
  const directoryNames = alternatives.flatMap(({ type, value }) => (type === 4 ? [value] : []))
  const parts = [certificate.subject, ...directoryNames].flatMap(partsOf)
  const others = alternatives.flatMap(({ value }) => (typeof value === 'string' ? [value] : []))
  return {
    key,
    thumbprint: createHash('sha256').update(der).digest('base64url'),
    subject: written(certificate.subject),
    issuer: written(certificate.issuer),
    identifiers: [...valuesOf(type => identifying.has(type)), ...others],
    commonNames: valuesOf(type => type === commonName),
    organizationNames: valuesOf(type => type === organizationName)
  }

  function valuesOf(isWanted: (type: string) => boolean): readonly string[] {
    return parts.filter(({ type }) => isWanted(type)).map(({ value }) => value)
  }
}

function alternativesOf({ extensions = [] }: Certificate): readonly GeneralName[] {
  return extensions.find(({ extnID }) => extnID === '2.5.29.17')?.parsedValue?.altNames ?? []
}

interface Part {
  readonly type: string
  readonly value: string
}

function partsOf(name: RelativeDistinguishedNames): readonly Part[] {
  return name.typesAndValues.map(({ type, value }) => ({ type, value: `${value.valueBlock.value}` }))
}

/** registered short names (RFC 4519) */
const shortNames: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'title',
  '2.5.4.42': 'givenName',
  '2.5.4.97': 'organizationIdentifier'
}

/** RFC 4514: last part first. Types without a short name keep their number, their values stay readable. */
function written(name: RelativeDistinguishedNames): string {
  return partsOf(name)
    .toReversed()
    .map(({ type, value }) => `${shortNames[type] ?? type}=${escaped(value)}`)
    .join(',')
}

function escaped(value: string): string {
  return value
    .replace(/[\\",+;<>]/g, '\\$&')
    .replace(/^[ #]/, '\\$&')
    .replace(/ $/, '\\ ')
    .replaceAll('\0', '\\00')
}
