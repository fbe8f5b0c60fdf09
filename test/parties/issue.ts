import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { signaturePolicy } from '../../fixtures/certificate-leaves.ts'
import { authorityKeys, signingKeys, type TestKey } from '../../fixtures/test-keys.ts'

/** A certificate that a test authority is asked for. */
export interface Wanted {
  readonly subject: string | x509.JsonName
  readonly issuer: string
  /** kid of the test key that is certified, and of the one that signs */
  readonly key: string
  readonly by: string
  readonly extensions: readonly x509.Extension[]
  /** hexadecimal */
  readonly serial?: string
  readonly hash?: string
  readonly validity?: readonly [Date, Date]
}

const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
const keys = [...authorityKeys.values(), ...signingKeys.values()]
const always = [new Date('2020-01-01T00:00:00Z'), new Date('2120-01-01T00:00:00Z')] as const

/** @returns DER */
export async function issue(wanted: Wanted): Promise<Buffer> {
  const { subject, issuer, key, by, extensions, serial = '77', hash = 'SHA-256', validity = always } = wanted
  const load = ({ privateKey, publicKey }: TestKey, use: 'sign' | 'verify') => {
    const jwk = (use === 'sign' ? privateKey : publicKey).export({ format: 'jwk' })
    return webcrypto.subtle.importKey('jwk', jwk, { ...algorithm, hash }, true, [use])
  }
  const find = (kid: string) => keys.find(each => each.kid === kid)!
  const publicKey = await load(find(key), 'verify')
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial,
    subject,
    issuer,
    notBefore: validity[0],
    notAfter: validity[1],
    signingAlgorithm: { ...algorithm, hash },
    publicKey,
    signingKey: await load(find(by), 'sign'),
    extensions: [
      ...extensions,
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(await load(find(by), 'verify'))
    ]
  })
  return Buffer.from(certificate.rawData)
}

/** The certificate of a responder for `test-intermediate`, with `id-pkix-ocsp-nocheck`. */
export function issueResponder(change: Partial<Wanted> = {}): Promise<Buffer> {
  return issue({
    subject: 'C=JP, O=Ryoritsu TEST, CN=Ryoritsu TEST OCSP',
    issuer: intermediateName,
    key: 'test-ocsp',
    by: 'test-intermediate',
    extensions: [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.9'], true),
      new x509.Extension('1.3.6.1.5.5.7.48.1.5', false, new Uint8Array([5, 0]))
    ],
    ...change
  })
}

export const intermediateName = 'C=JP, O=Ryoritsu TEST, CN=Ryoritsu TEST CA-forNonRepudiation'

/** The intermediate authority under its own name and key, but with a place where its own revocation would be told. */
export async function intermediateWith(crl: string): Promise<Buffer> {
  return issue({
    subject: intermediateName,
    issuer: 'C=JP, O=Ryoritsu TEST, CN=Ryoritsu TEST HPKI-shaped Root CA',
    key: 'test-intermediate',
    by: 'test-root',
    serial: '04',
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      new x509.CertificatePolicyExtension([signaturePolicy], true),
      new x509.CRLDistributionPointsExtension([crl])
    ]
  })
}
