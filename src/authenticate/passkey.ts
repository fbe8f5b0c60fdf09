import { Refusal } from '../outcome/refusal.ts'
import { decodeBase64url } from '../standards/base64url.ts'
import { isRecord } from './is-record.ts'

/** Whom a passkey is for: the host of the gateway's address, and the one origin whose pages may ask for it. */
export interface RelyingParty {
  /** a domain; browsers make no passkeys for bare IP addresses */
  readonly id: string
  readonly origin: string
}

export const relyingPartyOf = (baseUrl: string): RelyingParty => {
  const { hostname, origin } = new URL(baseUrl)
  return { id: hostname, origin }
}

/** EdDSA, ES256, RS256 by their COSE numbers (RFC 9053, RFC 8812). */
const algorithms = [-8, -7, -257]

const timeoutMs = 300_000

/** What a browser is asked with. @see WebAuthn Level 3 section 5.4 (PublicKeyCredentialCreationOptionsJSON) */
export function registrationOptions(
  { id }: RelyingParty,
  facts: {
    readonly challenge: string
    /** base64url, random: names the account to the authenticator and says nothing */
    readonly handle: string
    readonly name: string
    /** credential ids that the account has already */
    readonly known: readonly string[]
  }
): object {
  const { challenge, handle, name, known } = facts
  return {
    rp: { id, name: '両立支援ゲートウェイ Ryoritsu Gateway' },
    user: { id: handle, name, displayName: name },
    challenge,
    pubKeyCredParams: algorithms.map(alg => ({ type: 'public-key', alg })),
    timeout: timeoutMs,
    attestation: 'none',
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
    excludeCredentials: known.map(credential => ({ type: 'public-key', id: credential }))
  }
}

/** @param known undefined: whoever has a passkey may log in; else those of one account. @see WebAuthn Level 3 section 5.5 */
export function assertionOptions({ id }: RelyingParty, challenge: string, known: readonly string[] = []): object {
  return {
    rpId: id,
    challenge,
    timeout: timeoutMs,
    userVerification: 'required',
    allowCredentials: known.map(credential => ({ type: 'public-key', id: credential }))
  }
}

/** The public half of a passkey, as it is kept. */
export interface PasskeyKey {
  readonly credentialId: string
  /** COSE_Key, base64url */
  readonly publicKey: string
  /** of the authenticator; 0 where it counts nothing */
  readonly counter: number
  /** a passkey that is copied to other devices of its owner */
  readonly isSynced: boolean
  readonly isBackedUp: boolean
}

/** What must hold of the answer of a browser beside its signature. */
export interface Expected {
  readonly party: RelyingParty
  /** whether this challenge was given out for this purpose, and still holds */
  readonly isOurs: (challenge: string) => boolean
}

/**
 * Judges what a browser answered to `registrationOptions`: user present and verified, our challenge, origin and host, one of the
 * algorithms. Attestation is not asked for: what comes with certificates is refused before anything looks at them.
 * @throws Refusal `parameter-invalid`
 * @see WebAuthn Level 3 section 7.1
 */
export async function judgeRegistration(response: unknown, { party, isOurs }: Expected): Promise<PasskeyKey> {
  const given = readResponse(response, ['attestationObject'])
  const refuse = (cause: unknown) => new Refusal('parameter-invalid', { at: ['/response'], cause })
  if (!given || isFramed(given.response.clientDataJSON)) throw refuse('no credential, or from within a frame')
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server')
  const { decodeAttestationObject } = await import('@simplewebauthn/server/helpers')
  try {
    const attestation = decodeAttestationObject(Buffer.from(given.response.attestationObject!, 'base64url'))
    const format = attestation.get('fmt')
    const isBare = format === 'none' || (format === 'packed' && attestation.get('attStmt').get('x5c') === undefined)
    if (!isBare) throw refuse('an attestation that nobody asked for')
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: given as never,
      expectedChallenge: isOurs,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: algorithms
    })
    if (!verified) throw refuse('not verified')
    const { credential, credentialDeviceType, credentialBackedUp } = registrationInfo
    // the id that was signed over, in the one spelling that it has
    if (credential.id !== given.id) throw refuse('another credential id than the signed one')
    return {
      credentialId: credential.id,
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      counter: credential.counter,
      isSynced: credentialDeviceType === 'multiDevice',
      isBackedUp: credentialBackedUp
    }
  } catch (error) {
    throw error instanceof Refusal ? error : refuse(error)
  }
}

/** Which passkey an answer claims to come from; nothing is proven yet. @returns undefined for what is no answer */
export function claimedPasskey(
  response: unknown
): { credentialId: string; userHandle: string | undefined } | undefined {
  const given = readResponse(response, ['authenticatorData', 'signature'])
  return given && { credentialId: given.id, userHandle: given.response.userHandle }
}

/**
 * Judges what a browser answered to `assertionOptions`, by the passkey that it names. A counter that did not grow is that of a
 * copy, and refused; authenticators that do not count send 0 always.
 * @returns counter and backup state to keep
 * @throws Refusal `unauthorized`
 * @see WebAuthn Level 3 section 7.2
 */
export async function judgePasskey(
  response: unknown,
  passkey: PasskeyKey,
  { party, isOurs }: Expected
): Promise<Pick<PasskeyKey, 'counter' | 'isBackedUp'>> {
  const given = readResponse(response, ['authenticatorData', 'signature'])
  const refuse = (cause: unknown) => new Refusal('unauthorized', { cause })
  if (!given || isFramed(given.response.clientDataJSON)) throw refuse('no assertion, or from within a frame')
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server')
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: given as never,
      expectedChallenge: isOurs,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      credential: {
        id: passkey.credentialId,
        publicKey: new Uint8Array(Buffer.from(passkey.publicKey, 'base64url')),
        counter: passkey.counter
      }
    })
    if (!verified) throw refuse('not verified')
    return { counter: authenticationInfo.newCounter, isBackedUp: authenticationInfo.credentialBackedUp }
  } catch (error) {
    throw error instanceof Refusal ? error : refuse(error)
  }
}

interface Answer {
  readonly id: string
  readonly rawId: string
  readonly type: 'public-key'
  readonly response: Readonly<Record<string, string>> & { readonly clientDataJSON: string }
  readonly clientExtensionResults: object
}

const longest = 16 * 1024

/** Strict base64url everywhere, so that each answer has one spelling; what else a browser adds is left aside. */
function readResponse(value: unknown, members: readonly string[]): Answer | undefined {
  if (!isRecord(value) || !isRecord(value.response) || value.type !== 'public-key') return undefined
  const { id, rawId } = value
  if (!isBase64url(id) || id !== rawId) return undefined
  const response: Record<string, string> = {}
  for (const name of ['clientDataJSON', ...members]) {
    const text = value.response[name]
    if (!isBase64url(text)) return undefined
    response[name] = text
  }
  const { userHandle } = value.response
  if (isBase64url(userHandle)) response.userHandle = userHandle
  return { id, rawId: id, type: 'public-key', response: response as Answer['response'], clientExtensionResults: {} }
}

function isBase64url(text: unknown): text is string {
  if (typeof text !== 'string' || text === '' || text.length > longest) return false
  try {
    decodeBase64url(text)
    return true
  } catch {
    return false
  }
}

/** No page of ours stands in another's frame. */
function isFramed(clientDataJSON: string): boolean {
  try {
    const { crossOrigin, topOrigin } = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString())
    return crossOrigin === true || topOrigin !== undefined
  } catch {
    return true
  }
}
