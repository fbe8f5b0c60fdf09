import 'reflect-metadata'
import { createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import type { JWK } from 'jose'

const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }

/** A certificate for a key; only the key in it matters, so that anybody may have signed it. */
export async function certificateFor(jwk: JWK): Promise<Uint8Array> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const signingKey = await crypto.subtle.importKey(
    'pkcs8',
    new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' })),
    algorithm,
    false,
    ['sign']
  )
  const spki = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }).export({ format: 'der', type: 'spki' })
  const publicKey = await crypto.subtle.importKey('spki', new Uint8Array(spki), algorithm, true, ['verify'])
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: '01',
    subject: 'CN=Test card',
    issuer: 'CN=Test authority',
    notBefore: new Date('2026-01-01'),
    notAfter: new Date('2036-01-01'),
    signingKey,
    signingAlgorithm: algorithm,
    publicKey
  })
  return new Uint8Array(certificate.rawData)
}
