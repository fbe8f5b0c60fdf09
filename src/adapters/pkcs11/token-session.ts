import { readFileSync, statSync } from 'node:fs'
import type { JWK } from 'jose'
import type { Handle, PKCS11 } from 'pkcs11js'
import { jwkThumbprint } from '../../standards/jwk-thumbprint.ts'
import type { KeyPlace } from './key-place.ts'
import { certifiedJwk, publicJwk } from './public-jwk.ts'
import { type Asked, TokenProblem } from './token-request.ts'

type Pkcs11 = typeof import('pkcs11js')
type SignRequest = Extract<Asked, { readonly ask: 'sign' }>

interface FoundKey {
  readonly handle: Handle
  readonly jwk: JWK
  readonly thumbprint: string
}

/** A session with each token that was asked for, in one thread; calls block until the token has answered. */
export class TokenSessions {
  readonly #pkcs11: Pkcs11
  readonly #module: PKCS11
  readonly #sessions = new Map<string, Handle>()
  readonly #keys = new Map<string, FoundKey>()

  constructor(pkcs11: Pkcs11, module: PKCS11) {
    this.#pkcs11 = pkcs11
    this.#module = module
  }

  /** @returns the public key of the private key at that place */
  key(place: KeyPlace): JWK {
    return this.#key(place).jwk
  }

  sign({ place, thumbprint, alg, data }: SignRequest): Uint8Array {
    const key = this.#key(place)
    if (key.thumbprint !== thumbprint) throw new TokenProblem(`another key than the entry's is ${described(place)}`)
    const { mechanism, prefix } = this.#mechanismOf(alg)
    const session = this.#session(place)
    this.#module.C_SignInit(session, { mechanism }, key.handle)
    // the longest is RSA of 8192 bits
    return this.#module.C_Sign(session, Buffer.concat([prefix, data]), Buffer.alloc(1024))
  }

  /** ECDSA and RSA are handed digests, so that no module has to take in a whole document. */
  #mechanismOf(alg: SignRequest['alg']): { mechanism: number; prefix: Uint8Array } {
    if (alg === 'RS256') return { mechanism: this.#pkcs11.CKM_RSA_PKCS, prefix: sha256Info }
    return { mechanism: alg === 'EdDSA' ? ckmEddsa : this.#pkcs11.CKM_ECDSA, prefix: nothing }
  }

  close(): void {
    for (const session of this.#sessions.values()) this.#module.C_CloseSession(session)
    this.#sessions.clear()
    this.#keys.clear()
  }

  #key(place: KeyPlace): FoundKey {
    const name = JSON.stringify([place.token, place.label, place.id])
    const known = this.#keys.get(name)
    if (known) return known
    const session = this.#session(place)
    const [handle, more] = this.#find(session, this.#pkcs11.CKO_PRIVATE_KEY, place)
    if (!handle) throw new TokenProblem(`no private key is ${described(place)}`)
    if (more) throw new TokenProblem(`several private keys are ${described(place)}; name the id of one`)
    const jwk = this.#publicKey(session, place)
    if (!jwk) throw new TokenProblem(`no public key or certificate that can be used is ${described(place)}`)
    const found = { handle, jwk, thumbprint: jwkThumbprint(jwk) }
    this.#keys.set(name, found)
    return found
  }

  #publicKey(session: Handle, place: KeyPlace): JWK | undefined {
    const { CKO_PUBLIC_KEY, CKO_CERTIFICATE, ...of } = this.#pkcs11
    const [key] = this.#find(session, CKO_PUBLIC_KEY, place)
    if (key) {
      const read = (type: number) => this.#attribute(session, key, type)
      return publicJwk({
        ecParams: read(of.CKA_EC_PARAMS),
        ecPoint: read(of.CKA_EC_POINT),
        modulus: read(of.CKA_MODULUS),
        publicExponent: read(of.CKA_PUBLIC_EXPONENT)
      })
    }
    const [certificate] = this.#find(session, CKO_CERTIFICATE, place)
    const der = certificate && this.#attribute(session, certificate, of.CKA_VALUE)
    return der && certifiedJwk(der)
  }

  #attribute(session: Handle, object: Handle, type: number): Buffer | undefined {
    try {
      const value = this.#module.C_GetAttributeValue(session, object, [{ type }])[0]?.value
      return Buffer.isBuffer(value) && value.length > 0 ? value : undefined
    } catch (error) {
      if (codeOf(error) === this.#pkcs11.CKR_ATTRIBUTE_TYPE_INVALID) return undefined
      throw error
    }
  }

  /** At most two: more is as wrong as that. */
  #find(session: Handle, type: number, { label, id }: KeyPlace): readonly Handle[] {
    const { CKA_CLASS, CKA_LABEL, CKA_ID } = this.#pkcs11
    this.#module.C_FindObjectsInit(session, [
      { type: CKA_CLASS, value: type },
      { type: CKA_LABEL, value: label },
      ...(id === undefined ? [] : [{ type: CKA_ID, value: Buffer.from(id, 'hex') }])
    ])
    try {
      return this.#module.C_FindObjects(session, 2)
    } finally {
      this.#module.C_FindObjectsFinal(session)
    }
  }

  #session(place: KeyPlace): Handle {
    const { token } = place
    const known = this.#sessions.get(token)
    if (known) return known
    const session = this.#module.C_OpenSession(this.#slotOf(place), this.#pkcs11.CKF_SERIAL_SESSION)
    try {
      this.#login(session, place)
    } catch (error) {
      this.#module.C_CloseSession(session)
      throw error
    }
    this.#sessions.set(token, session)
    return session
  }

  #slotOf({ token, module }: KeyPlace): Handle {
    const slots = this.#module
      .C_GetSlotList(true)
      .filter(slot => this.#module.C_GetTokenInfo(slot).label.trimEnd() === token)
    if (!slots[0]) throw new TokenProblem(`${module} has no token ${token}`, 'lost')
    if (slots.length > 1) throw new TokenProblem(`${module} has several tokens ${token}`)
    return slots[0]
  }

  /** All sessions of a process are logged in as soon as one is. */
  #login(session: Handle, { pinFile, token }: KeyPlace): void {
    try {
      this.#module.C_Login(session, this.#pkcs11.CKU_USER, readPin(pinFile))
    } catch (error) {
      const code = codeOf(error)
      if (code === this.#pkcs11.CKR_USER_ALREADY_LOGGED_IN) return
      if (code === this.#pkcs11.CKR_PIN_INCORRECT || code === this.#pkcs11.CKR_PIN_LEN_RANGE)
        throw new TokenProblem(`${pinFile}: not the PIN of the token ${token}`, 'pin')
      if (code === this.#pkcs11.CKR_PIN_LOCKED) throw new TokenProblem(`the PIN of the token ${token} is locked`, 'pin')
      throw error
    }
  }
}

/** PKCS#11 3.0; the bindings have 2.40 */
const ckmEddsa = 0x1057
/** DigestInfo of SHA-256 up to the digest (RFC 8017 section 9.2, note 1) */
const sha256Info = Buffer.from('3031300d060960864801650304020105000420', 'hex')
const nothing = new Uint8Array()

const described = ({ token, label, id }: KeyPlace): string =>
  `at label ${label}${id === undefined ? '' : ` and id ${id}`} of the token ${token}`

const codeOf = (error: unknown): unknown => (error as { readonly code?: unknown }).code

/** Read anew at each login, so that a changed PIN is noticed. */
function readPin(file: string): string {
  try {
    if ((statSync(file).mode & 0o077) !== 0) throw new TokenProblem(`${file}: others can read it; set its mode to 0600`)
    const pin = readFileSync(file, 'utf8').replace(/\r?\n$/u, '')
    if (pin === '') throw new TokenProblem(`${file}: holds no PIN`)
    return pin
  } catch (error) {
    if (error instanceof TokenProblem) throw error
    throw new TokenProblem(`${file}: cannot be read (${codeOf(error)})`)
  }
}
