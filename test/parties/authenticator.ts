import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** What the person and the device do with a request; tests bend it. */
export interface Behaviour {
  /** user verification: a fingerprint, a face or a PIN was checked */
  readonly isVerified?: boolean
  readonly isPresent?: boolean
  /** of the page that asks; a browser says the true one */
  readonly origin?: string
  /** host whose hash is signed; a browser lets pages ask for no other */
  readonly rpId?: string
  /** another page's frame */
  readonly crossOrigin?: boolean
  readonly type?: string
  readonly challenge?: string
}

interface Credential {
  readonly id: string
  readonly rpId: string
  readonly userHandle: string
  readonly privateKey: KeyObject
  readonly alg: Algorithm
  counter: number
}

type Algorithm = keyof typeof algorithms
const algorithms = {
  ES256: { cose: -7, make: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }) },
  RS256: { cose: -257, make: () => generateKeyPairSync('rsa', { modulusLength: 2048 }) },
  EdDSA: { cose: -8, make: () => generateKeyPairSync('ed25519') },
  /** asked for by nobody */
  ES384: { cose: -35, make: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }) }
} as const

interface CreationOptions {
  readonly rp: { readonly id: string }
  readonly user: { readonly id: string }
  readonly challenge: string
  readonly pubKeyCredParams: readonly { readonly alg: number }[]
  readonly excludeCredentials?: readonly { readonly id: string }[]
}

interface RequestOptions {
  readonly rpId: string
  readonly challenge: string
  readonly allowCredentials?: readonly { readonly id: string }[]
}

const b64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')
const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest()

/**
 * A phone with passkeys, and the browser on it: makes what `PublicKeyCredential.toJSON()` would, real bytes and signatures, attestation
 * `none`. @see WebAuthn Level 3 sections 6.1, 6.5, 5.8.1
 */
export class Authenticator {
  readonly origin: string
  readonly credentials: Credential[] = []
  /** a passkey that is copied between devices counts nothing */
  readonly isSynced: boolean

  constructor(origin: string, { isSynced = false } = {}) {
    this.origin = origin
    this.isSynced = isSynced
  }

  create(options: object, behaviour: Behaviour = {}, alg: Algorithm = 'ES256') {
    const { rp, user, challenge, pubKeyCredParams, excludeCredentials = [] } = options as CreationOptions
    if (excludeCredentials.some(({ id }) => this.credentials.some(known => known.id === id))) {
      throw new Error('InvalidStateError: this device has a passkey of this account')
    }
    const { cose, make } = algorithms[alg]
    if (alg !== 'ES384' && !pubKeyCredParams.some(each => each.alg === cose)) throw new Error('NotSupportedError')
    const { privateKey, publicKey } = make()
    const id = randomBytes(16)
    const credential = { id: b64(id), rpId: rp.id, userHandle: user.id, privateKey, alg, counter: 0 }
    this.credentials.push(credential)
    const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([0, id.length]), id, cborKey(publicKey, cose)])
    const authData = this.#authData(credential, behaviour, attested)
    const attestationObject = cbor(
      new Map<string, Cbor>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', authData]
      ])
    )
    return {
      id: credential.id,
      rawId: credential.id,
      type: 'public-key',
      authenticatorAttachment: 'platform',
      clientExtensionResults: { credProps: { rk: true } },
      response: {
        clientDataJSON: b64(this.#clientData('webauthn.create', challenge, behaviour)),
        attestationObject: b64(attestationObject),
        transports: ['internal']
      }
    }
  }

  /** @param which the passkey that the person picks; else the newest that fits */
  get(options: object, behaviour: Behaviour = {}, which?: string) {
    const { rpId, challenge, allowCredentials = [] } = options as RequestOptions
    const fits = ({ id, rpId: of }: Credential) =>
      of === rpId && (allowCredentials.length === 0 || allowCredentials.some(each => each.id === id))
    const credential = which
      ? this.credentials.find(({ id }) => id === which)
      : this.credentials.findLast(each => fits(each))
    if (!credential) throw new Error('NotAllowedError: no passkey fits')
    if (!this.isSynced) credential.counter++
    const authenticatorData = this.#authData(credential, behaviour)
    const clientData = this.#clientData('webauthn.get', challenge, behaviour)
    const signed = Buffer.concat([authenticatorData, sha256(clientData)])
    const { privateKey, alg, id, userHandle } = credential
    return {
      id,
      rawId: id,
      type: 'public-key',
      authenticatorAttachment: 'platform',
      clientExtensionResults: {},
      response: {
        clientDataJSON: b64(clientData),
        authenticatorData: b64(authenticatorData),
        signature: b64(sign(alg === 'EdDSA' ? null : 'sha256', signed, privateKey)),
        userHandle
      }
    }
  }

  #authData({ rpId, counter }: Credential, behaviour: Behaviour, attested?: Buffer): Buffer {
    const { isPresent = true, isVerified = true } = behaviour
    const backup = this.isSynced ? 0x18 : 0
    const flags = (isPresent ? 1 : 0) | (isVerified ? 4 : 0) | backup | (attested ? 0x40 : 0)
    const count = Buffer.alloc(4)
    count.writeUInt32BE(counter)
    return Buffer.concat([sha256(behaviour.rpId ?? rpId), Buffer.from([flags]), count, attested ?? Buffer.alloc(0)])
  }

  #clientData(type: string, challenge: string, behaviour: Behaviour): Buffer {
    return Buffer.from(
      JSON.stringify({
        type: behaviour.type ?? type,
        challenge: behaviour.challenge ?? challenge,
        origin: behaviour.origin ?? this.origin,
        crossOrigin: behaviour.crossOrigin ?? false
      })
    )
  }
}

type Cbor = number | string | Uint8Array | ReadonlyMap<string | number, Cbor>

/** A COSE_Key (RFC 9052 section 7). */
function cborKey(key: KeyObject, alg: number): Buffer {
  const { kty, x, y, n, e, crv } = key.export({ format: 'jwk' })
  const bytes = (text: string | undefined) => Buffer.from(text!, 'base64url')
  if (kty === 'RSA')
    return cbor(
      new Map<number, Cbor>([
        [1, 3],
        [3, alg],
        [-1, bytes(n)],
        [-2, bytes(e)]
      ])
    )
  const curve = { 'P-256': 1, 'P-384': 2, Ed25519: 6 }[crv!]!
  return cbor(
    new Map<number, Cbor>([
      [1, kty === 'OKP' ? 1 : 2],
      [3, alg],
      [-1, curve],
      [-2, bytes(x)],
      ...(y === undefined ? [] : ([[-3, bytes(y)]] as const))
    ])
  )
}

/** As much of CBOR (RFC 8949) as an attestation needs: integers, texts, bytes, maps. */
export function cbor(value: Cbor): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value])
  return Buffer.concat([
    head(5, value.size),
    ...[...value].flatMap(([name, member]) => [cbor(name as Cbor), cbor(member)])
  ])
}

function head(major: number, argument: number): Buffer {
  const top = major << 5
  if (argument < 24) return Buffer.from([top | argument])
  if (argument < 0x100) return Buffer.from([top | 24, argument])
  return Buffer.from([top | 25, argument >> 8, argument & 0xff])
}
