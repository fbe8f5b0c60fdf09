import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import type { Bundle, OperationOutcome, Parameters } from '@medplum/fhirtypes'
import t from 'tap'
import { case1 } from '../../fixtures/cases/1-colorectal-cancer-sales.ts'
import { chainOf, keyOf, signingKeys } from '../../fixtures/test-keys.ts'
import { toInstant } from '../../src/standards/fhir-time.ts'
import { medicalRegistrationSystem } from '../parties/assemble.ts'
import { startGateway } from '../parties/gateway.ts'
import type { Answered, Party } from '../parties/party.ts'
import {
  completeParameters,
  named,
  prepareParameters,
  type Signature,
  sha256,
  signAlone,
  signPrepared
} from '../parties/sign-elsewhere.ts'
import { deposit, expectStatus, liveDocument, parameters, receiptOf, refusalOf, signAs } from '../parties/story.ts'
import { closeAll, joinedCase } from './joined-case.ts'
import { isRefused } from './refused.ts'

const prepareUrl = '/fhir/Bundle/$prepare-signature'
const completeUrl = '/fhir/Bundle/$complete-signature'
const now = () => toInstant(Date.now())

const running = await startGateway()
t.teardown(() => running.stop())
const { town, atHospital, atHr } = await joinedCase(running, case1)
t.teardown(() => closeAll(Object.values(town)))

let written = 700
/** an opinion of the case that nobody has signed, each with a number of its own */
function unsigned(change?: (bundle: Bundle) => Bundle): Bundle {
  written += 1
  const identifier = `1319999015^2026^${`${written}`.padStart(6, '0')}`
  const signed = liveDocument(case1, 'opinion-continuation', atHospital, { identifier, ...(change && { change }) })
  const { signature: _signature, ...document } = signed
  return document
}

/** a physician's card: RS256, the certificates go along */
const card = (more: Partial<Signature> = {}): Signature => ({
  alg: 'RS256',
  key: keyOf(signingKeys, 'physician-990101').privateKey,
  certificates: chainOf('physician-990101').pem.map(pem => new X509Certificate(pem).raw),
  when: now(),
  who: { system: medicalRegistrationSystem, value: '990101' },
  ...more
})
/** the key of the house, registered by its kid */
const house = (more: Partial<Signature> = {}): Signature => ({
  alg: 'RS256',
  key: keyOf(signingKeys, 'hospital-1319999015').privateKey,
  kid: 'hospital-1319999015',
  when: now(),
  who: case1.hospital.identifier,
  ...more
})

const prepare = (document: Bundle, signature: Signature, party: Party = town.hospital) =>
  party.post<Parameters>(prepareUrl, prepareParameters(document, signature))
const complete = (document: Bundle, jws: string, headers: Readonly<Record<string, string>> = {}) =>
  town.hospital.post<Parameters>(completeUrl, completeParameters(document, jws), { headers })

async function signed(document: Bundle, signature: Signature): Promise<string> {
  return signPrepared(document, signature, expectStatus(await prepare(document, signature), 200).body)
}

const claimsOf = (answered: Answered<never>) => {
  const { act, reference, document, bytes, leafIndex } = JSON.parse(
    Buffer.from(receiptOf(answered).split('.')[1]!, 'base64url').toString()
  )
  return { act, reference, document, bytes, leafIndex }
}

for (const [what, signature] of [
  ['a card that brings its certificates', card()],
  ['a key of the house', house()]
] as const) {
  t.test(`a document is signed by ${what}, which the gateway never sees`, async t => {
    const document = unsigned()
    const before = await sizeOfLog()
    const prepared = expectStatus(await prepare(document, signature), 200)
    t.same(named(prepared.body, 'document').resource, document, 'the same document comes back')
    t.equal(await sizeOfLog(), before, 'nothing was recorded')

    const jws = signPrepared(document, signature, prepared.body)
    const deposited = expectStatus(await complete(document, jws), 201)
    t.match(deposited.headers.link, /DocumentReference/u)
    const read = expectStatus(await town.hospital.get<Bundle>(new URL(`${deposited.headers.location}`).pathname), 200)
    const { signature: made, ...rest } = read.body
    t.same(rest, document)
    t.equal(Buffer.from(made!.data!, 'base64').toString(), jws)
    t.same(made?.who?.identifier, signature.who)
    t.equal(claimsOf(deposited as never).document, sha256(read.bytes), 'the receipt is over what was recorded')

    const again = expectStatus(await complete(document, jws, { prefer: 'return=representation' }), 200)
    t.equal(again.headers.location, deposited.headers.location)
    t.equal(again.headers['preference-applied'], 'return=representation')
    const recorded = Buffer.from(named(again.body, 'recorded').valueBase64Binary!, 'base64')
    t.ok(recorded.equals(read.bytes), 'a repeat gets the exact bytes, if it asks for them')
    const reference = named(again.body, 'return').resource
    t.same(claimsOf({ body: reference } as never), claimsOf(deposited as never), 'and the same receipt')
    const sent = expectStatus(await town.hospital.post('/fhir/Bundle', recorded), 200)
    t.equal(sent.headers.location, deposited.headers.location, 'they are a deposit like any other')
  })
}

t.test('a client may make the header itself and call $complete-signature alone', async t => {
  for (const signature of [card(), house()]) {
    const document = unsigned()
    const headers = { prefer: 'respond-async, return="representation"' }
    const answered = expectStatus(await complete(document, signAlone(document, signature), headers), 201)
    const recorded = JSON.parse(Buffer.from(named(answered.body, 'recorded').valueBase64Binary!, 'base64').toString())
    t.same(recorded.signature.who.identifier, signature.who, 'the signer is found')
  }
})

t.test('a client that works out what it signs notices another document', async t => {
  const document = unsigned()
  const signature = card()
  const prepared = expectStatus(await prepare(document, signature), 200).body
  t.match(signPrepared(document, signature, prepared), /^[\w-]+\.\.[\w-]+$/u)
  t.throws(() => signPrepared(unsigned(), signature, prepared), { message: 'not my document' })
  t.throws(() => signPrepared(document, card({ when: '2026-01-01T00:00:00Z' }), prepared), { message: 'not my sigT' })
})

t.test('what deposit would refuse is refused before anybody signs, in the same words', async t => {
  const wrong: Readonly<Record<string, (bundle: Bundle) => Bundle>> = {
    'a form without its answers': bundle => {
      const [first, response, ...others] = bundle.entry!
      return {
        ...bundle,
        entry: [first!, { ...response, resource: { ...response!.resource, item: [] } as never }, ...others]
      }
    },
    'no entries': bundle => ({ ...bundle, entry: [] }),
    'another resource': () => ({ resourceType: 'Patient' }) as never,
    'an unknown member': bundle => ({ ...bundle, strange: 1 }) as never,
    'another case': bundle => JSON.parse(JSON.stringify(bundle).replaceAll(atHospital.identifier, 'nobody-s')),
    'another worker': bundle => JSON.parse(JSON.stringify(bundle).replaceAll(atHospital.subject, atHr.subject))
  }
  for (const [what, change] of Object.entries(wrong)) {
    const bad = unsigned(change)
    const atPreparing = await prepare(bad, card())
    const atDeposit = await deposit(town.hospital, signAs(case1, 'physician', bad, now()))
    t.equal(atPreparing.status, 422, what)
    t.equal(atPreparing.status, atDeposit.status, what)
    t.same(issuesOf(atPreparing), issuesOf(atDeposit), what)
  }
})

t.test('who may not sign is told so before signing', async t => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const certificate = (file: string) => chainOf(file).pem.map(pem => new X509Certificate(pem).raw)
  const hourAhead = toInstant(Date.now() + 3_600_000)
  const cases = [
    ['an unknown key', house({ kid: 'nobody' }), 'signer-unknown'],
    ['a key of another organisation', house({ kid: 'hospital-2719999027' }), 'signer-unknown'],
    ['an algorithm that is not of this key', house({ alg: 'EdDSA', key: privateKey }), 'signature-algorithm'],
    ['no algorithm of ours', house({ alg: 'HS256' as never }), 'signature-algorithm'],
    ['somebody who is no author', house({ who: { system: medicalRegistrationSystem, value: '1' } }), 'signer-mismatch'],
    ['a time to come', house({ when: hourAhead }), 'signature-time-implausible'],
    ['long ago', card({ when: '2026-01-05T09:00:00+09:00' }), 'signature-time-implausible'],
    ['no time', card({ when: 'now' }), 'signature-invalid'],
    [
      'an authority that nobody trusts',
      card({ certificates: certificate('physician-990101-untrusted') }),
      'certificate-untrusted'
    ],
    ['an expired certificate', card({ certificates: certificate('physician-990101-expired') }), 'certificate-expired'],
    ['the card of another physician', card({ certificates: certificate('physician-990202') }), 'signer-mismatch'],
    ['no certificate', card({ certificates: [Buffer.from('certificate')] }), 'signature-invalid']
  ] as const
  for (const [what, signature, key] of cases) {
    isRefused(t, await prepare(unsigned(), signature), { key }, 'ja', what)
  }
})

t.test('a number that was used is told before signing', async t => {
  const document = unsigned()
  expectStatus(await complete(document, await signed(document, card())), 201)
  isRefused(t, await prepare(document, card()), { key: 'document-identifier-reused' }, 'ja', 'recorded before')
})

t.test('a signature over anything else is no deposit', async t => {
  const document = unsigned()
  const jws = await signed(document, card())
  const otherTitle = { ...document, timestamp: '2026-01-05T09:00:00.000+09:00' }
  const before = await sizeOfLog()
  const cases = [
    ['another document', otherTitle, jws, 'signature-invalid'],
    ['no JWS', document, 'nothing', 'signature-invalid'],
    ['a JWS with its payload', document, jws.replace('..', '.e30.'), 'signature-invalid'],
    ['algorithm none', document, `${Buffer.from('{"alg":"none"}').toString('base64url')}..`, 'signature-algorithm'],
    ['no time of signing', document, withHeader(jws, { sigT: undefined }), 'signature-invalid'],
    ['a changed header', document, withHeader(jws, { typ: 'other' }), 'signature-invalid'],
    ['a broken document', { ...document, entry: {} } as never, signAlone(document, card()), 'profile-invalid']
  ] as const
  for (const [what, bundle, made, key] of cases) isRefused(t, await complete(bundle, made), { key }, 'ja', what)
  t.equal(await sizeOfLog(), before + cases.length, 'only the refusals are recorded')
})

t.test('parameters are taken as the contract has them and in no other way', async t => {
  const document = unsigned()
  const whole = prepareParameters(document, card()).parameter!
  const without = (name: string) => parameters(...whole.filter(each => each.name !== name))
  for (const name of ['document', 'alg', 'certificate', 'when', 'who']) {
    const answered = await town.hospital.post(prepareUrl, without(name))
    isRefused(t, answered, { key: 'parameter-invalid', at: new RegExp(name, 'u') }, 'ja', `without ${name}`)
  }
  const both = parameters(...whole, { name: 'kid', valueString: 'hospital-1319999015' })
  isRefused(t, await town.hospital.post(prepareUrl, both), { key: 'parameter-invalid' }, 'ja', 'kid and certificate')
  const jws = await signed(document, card())
  const signedAlready = liveDocument(case1, 'opinion-continuation', atHospital)
  for (const answered of [await prepare(signedAlready, card()), await complete(signedAlready, jws)]) {
    isRefused(t, answered, { key: 'parameter-invalid', at: 'Bundle.signature' }, 'ja', 'a document that is signed')
  }
  const text = JSON.stringify(prepareParameters(document, card())).replace('"alg",', '"alg","x":1.0,')
  const inDocument = JSON.stringify(prepareParameters(document, card())).replace(
    '{"resourceType":"Bundle"',
    '$&,"total":1.0'
  )
  for (const body of [text, inDocument]) {
    const at = body === text ? 'Parameters' : 'Bundle.total'
    isRefused(
      t,
      await town.hospital.post(prepareUrl, body),
      { key: 'ambiguous-number', at },
      'ja',
      'a number with a zero'
    )
  }
  const withSdJwt = parameters(...completeParameters(document, jws).parameter!, { name: 'sdJwt', valueString: 'a~' })
  isRefused(
    t,
    await town.hospital.post(completeUrl, withSdJwt),
    { key: 'parameter-invalid', at: /sdJwt/u },
    'ja',
    'SD-JWT'
  )
  for (const url of [prepareUrl, completeUrl]) {
    const headers = { 'content-type': 'application/fhir+xml' }
    const xml = '<Parameters xmlns="http://hl7.org/fhir"/>'
    isRefused(t, await town.hospital.post(url, xml, { headers }), { key: 'media-type' }, 'ja', 'XML')
  }
})

t.test('a repeat with the same Idempotency-Key is prepared anew, and completed once', async t => {
  const document = unsigned()
  const body = prepareParameters(document, card())
  const headers = { 'idempotency-key': 'prepare-1' }
  const first = expectStatus(await town.hospital.post<Parameters>(prepareUrl, body, { headers }), 200)
  const again = expectStatus(await town.hospital.post<Parameters>(prepareUrl, body, { headers }), 200)
  t.equal(again.headers['idempotent-replay'], 'true')
  t.same(again.body, first.body)
  const jws = signPrepared(document, { ...card(), when: named(body, 'when').valueInstant! }, first.body)
  const once = expectStatus(await complete(document, jws, { 'idempotency-key': 'complete-1' }), 201)
  const twice = expectStatus(await complete(document, jws, { 'idempotency-key': 'complete-1' }), 201)
  t.equal(twice.headers['idempotent-replay'], 'true')
  t.same(twice.body, once.body)
  const refused = await town.hospital.post(prepareUrl, body, { headers })
  isRefused(t, refused, { key: 'document-identifier-reused' }, 'ja', 'what was said then holds no more')
})

t.test('who may not deposit may not prepare either', async t => {
  const document = unsigned()
  for (const url of [prepareUrl, completeUrl]) {
    const answered = await town.worker.post(url, prepareParameters(document, card()))
    t.equal(answered.status, 403)
  }
  const other = await prepare(document, card(), town.hr)
  t.equal(refusalOf(other), 'profile-invalid', 'an employer signs no opinion')
})

t.test('the CapabilityStatement names both operations', async t => {
  const { body } = await town.hospital.get<{
    rest: { resource: { type: string; operation?: { name: string }[] }[] }[]
  }>('/fhir/metadata')
  const names = body.rest[0]!.resource.find(({ type }) => type === 'Bundle')!.operation!.map(({ name }) => name)
  t.match(new Set(names), new Set(['prepare-signature', 'complete-signature']))
})

async function sizeOfLog(): Promise<number> {
  return (await running.gateway.parts.audit.head()).size
}

function issuesOf({ body }: Answered): unknown {
  return (body as OperationOutcome).issue
}

function withHeader(jws: string, changes: object): string {
  const [header = '', , signature = ''] = jws.split('.')
  const said = JSON.parse(Buffer.from(header, 'base64url').toString())
  return `${Buffer.from(JSON.stringify({ ...said, ...changes })).toString('base64url')}..${signature}`
}
