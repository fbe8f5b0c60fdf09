import { randomBytes } from 'node:crypto'
import { decodeAttestationObject } from '@simplewebauthn/server/helpers'
import t from 'tap'
import {
  assertionOptions,
  claimedPasskey,
  judgePasskey,
  judgeRegistration,
  registrationOptions,
  relyingPartyOf
} from '../../src/authenticate/passkey.ts'
import { Refusal } from '../../src/outcome/refusal.ts'
import { Authenticator, type Behaviour, cbor } from '../parties/authenticator.ts'

const baseUrl = 'https://gateway.example:8443'
const party = relyingPartyOf(baseUrl)
const challenge = randomBytes(32).toString('base64url')
const expected = { party, isOurs: (text: string) => text === challenge }
const creation = registrationOptions(party, { challenge, handle: 'aGFuZGxl', name: '電話', known: [] })
const request = assertionOptions(party, challenge)

const keyOf = async (work: Promise<unknown>) =>
  work.then(
    () => 'taken',
    error => (error instanceof Refusal ? error.key : error)
  )

t.test('what a browser is asked with: user verification, a passkey, no attestation, three algorithms', async t => {
  t.match(creation, {
    rp: { id: 'gateway.example' },
    attestation: 'none',
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    pubKeyCredParams: [{ alg: -8 }, { alg: -7 }, { alg: -257 }]
  })
  t.match(request, { rpId: 'gateway.example', userVerification: 'required', allowCredentials: [] })
})

/** Each is wrong in one way. */
const wrong: readonly (readonly [string, Behaviour])[] = [
  ['another origin', { origin: 'https://gateway.example.evil.example' }],
  ['another port of the same host', { origin: 'https://gateway.example' }],
  ['the origin over http', { origin: 'http://gateway.example:8443' }],
  ['another host signed over', { rpId: 'evil.example' }],
  ['no user verification', { isVerified: false }],
  ['nobody present', { isPresent: false }],
  ['a challenge that is not ours', { challenge: randomBytes(32).toString('base64url') }],
  ['within the frame of another page', { crossOrigin: true }],
  ['made for something else', { type: 'payment.get' }]
]

t.test('a registration holds, or is refused for each thing that is wrong with it', async t => {
  for (const alg of ['ES256', 'EdDSA', 'RS256'] as const) {
    const passkey = await judgeRegistration(new Authenticator(party.origin).create(creation, {}, alg), expected)
    t.match(passkey, { counter: 0, isSynced: false, isBackedUp: false }, alg)
  }
  for (const [title, behaviour] of wrong) {
    const response = new Authenticator(party.origin).create(creation, behaviour)
    t.equal(await keyOf(judgeRegistration(response, expected)), 'parameter-invalid', title)
  }
  const es384 = new Authenticator(party.origin).create(creation, {}, 'ES384')
  t.equal(await keyOf(judgeRegistration(es384, expected)), 'parameter-invalid', 'an algorithm that nobody asked for')
})

t.test('attestations with certificates are refused before anything looks at them', async t => {
  const response = new Authenticator(party.origin).create(creation)
  const whole = decodeAttestationObject(Buffer.from(response.response.attestationObject, 'base64url'))
  const authData = Buffer.from(whole.get('authData'))
  const attested = (format: string, statement: ReadonlyMap<string, string>) => {
    const attestationObject = cbor(
      new Map<string, ReadonlyMap<string, string> | Buffer | string>([
        ['fmt', format],
        ['attStmt', statement],
        ['authData', authData]
      ])
    ).toString('base64url')
    return { ...response, response: { ...response.response, attestationObject } }
  }
  t.match(await judgeRegistration(attested('none', new Map()), expected), { counter: 0 }, 'the same without')
  for (const format of ['tpm', 'android-key', 'apple', 'fido-u2f', 'android-safetynet', 'packed']) {
    const error = await judgeRegistration(attested(format, new Map([['x5c', 'certificates']])), expected).catch(
      (reason: Refusal) => reason
    )
    t.match(error, { key: 'parameter-invalid', cause: 'an attestation that nobody asked for' }, format)
  }
})

t.test('an assertion holds, or is refused for each thing that is wrong with it', async t => {
  const device = new Authenticator(party.origin)
  const passkey = await judgeRegistration(device.create(creation), expected)
  const first = await judgePasskey(device.get(request), passkey, expected)
  t.equal(first.counter, 1)
  for (const [title, behaviour] of wrong) {
    t.equal(await keyOf(judgePasskey(device.get(request, behaviour), passkey, expected)), 'unauthorized', title)
  }
  const other = new Authenticator(party.origin)
  other.create(creation)
  const foreign = { ...other.get(request), id: passkey.credentialId, rawId: passkey.credentialId }
  t.equal(await keyOf(judgePasskey(foreign, passkey, expected)), 'unauthorized', 'signed by another passkey')

  const now = device.get(request)
  const { counter } = await judgePasskey(now, passkey, expected)
  const later = { ...passkey, counter }
  t.equal(await keyOf(judgePasskey(now, later, expected)), 'unauthorized', 'a counter that stands still')
  t.equal(
    await keyOf(judgePasskey(now, { ...passkey, counter: counter + 5 }, expected)),
    'unauthorized',
    'a counter that went back'
  )
})

t.test('a passkey that is copied between devices counts nothing and says that it is kept elsewhere', async t => {
  const device = new Authenticator(party.origin, { isSynced: true })
  const passkey = await judgeRegistration(device.create(creation), expected)
  t.match(passkey, { counter: 0, isSynced: true, isBackedUp: true })
  t.same(await judgePasskey(device.get(request), passkey, expected), { counter: 0, isBackedUp: true })
})

t.test('what is no answer of a browser names no passkey and is refused', async t => {
  const device = new Authenticator(party.origin)
  const made = device.create(creation)
  const passkey = await judgeRegistration(made, expected)
  const whole = device.get(request)
  const broken: readonly unknown[] = [
    undefined,
    null,
    'text',
    [],
    {},
    { ...whole, type: 'password' },
    { ...whole, rawId: 'AAAA' },
    { ...whole, id: `${whole.id}=`, rawId: `${whole.id}=` },
    { ...whole, response: { ...whole.response, signature: 7 } },
    { ...whole, response: { ...whole.response, signature: '' } },
    { ...whole, response: { ...whole.response, authenticatorData: 'AA' } },
    { ...whole, response: { ...whole.response, clientDataJSON: 'e30' } },
    { ...whole, response: { ...whole.response, clientDataJSON: 'A'.repeat(20_000) } },
    made
  ]
  for (const response of broken) {
    t.equal(
      await keyOf(judgePasskey(response, passkey, expected)),
      'unauthorized',
      JSON.stringify(response)?.slice(0, 60)
    )
  }
  t.equal(claimedPasskey(whole)?.credentialId, passkey.credentialId)
  t.equal(claimedPasskey(made), undefined)
})
