import { generateKeyPairSync } from 'node:crypto'
import { es256, signed } from './ecdsa.ts'

/** Receipts as compact JWS by a key that lives as long as the server. */
export function receipts(): (claims: object) => string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const header = encoded({ alg: 'ES256', typ: 'receipt+jwt', kid: 'floor' })
  return claims => {
    const input = `${header}.${encoded(claims)}`
    return `${input}.${signed(es256, input, privateKey)}`
  }
}

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
