import 'reflect-metadata'
import { createHash, type webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** A TLS certificate made for one test, with its key. */
export interface Certified {
  /** PEM */
  readonly cert: string
  readonly key: string
  readonly der: Uint8Array
  /** `x5t#S256` (RFC 8705 section 3.1) */
  readonly thumbprint: string
  readonly pair: webcrypto.CryptoKeyPair
}

export interface Certifying {
  readonly name: string
  /** default: signed by itself */
  readonly by?: Certified & { readonly name: string }
  readonly isAuthority?: boolean
  readonly notAfter?: Date
}

/** For clients, and for a server at 127.0.0.1. */
export async function certify({ name, by, isAuthority = false, notAfter }: Certifying): Promise<Certified> {
  const pair = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
  const usages = isAuthority
    ? x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign
    : x509.KeyUsageFlags.digitalSignature
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: createHash('sha256').update(name).digest('hex').slice(0, 16),
    subject: `CN=${name}`,
    issuer: `CN=${by?.name ?? name}`,
    notBefore: new Date('2020-01-01T00:00:00Z'),
    notAfter: notAfter ?? new Date('2120-01-01T00:00:00Z'),
    signingAlgorithm: algorithm,
    publicKey: pair.publicKey,
    signingKey: (by?.pair ?? pair).privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(isAuthority, undefined, true),
      new x509.KeyUsagesExtension(usages, true),
      new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])
    ]
  })
  const der = new Uint8Array(made.rawData)
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey))
  return {
    cert: made.toString('pem'),
    key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'),
    der,
    thumbprint: createHash('sha256').update(der).digest('base64url'),
    pair
  }
}
