import { createHash } from 'node:crypto'
import t from 'tap'
import { clientKeys, keyOf, signingKeys } from '../../../fixtures/test-keys.ts'
import { readPartner } from '../../../src/journeys/partner/read-partner.ts'
import { Refusal } from '../../../src/outcome/refusal.ts'

const [client] = [...clientKeys.values()]
const signer = keyOf(signingKeys, 'employer-8999999999901')

const headings = ['目的', '者', '通知', '管理', '開示', '提供', '承継', '苦情', '周知']
const file = {
  role: 'employer-hr',
  organization: { name: '日本テスト株式会社', identifier: { system: 'urn:oid:1.3.188', value: '8999999999901' } },
  jwks: { keys: [client!.publicJwk] },
  signingKeys: { keys: [signer.publicJwk] },
  scope: 'system/Bundle.cr system/EpisodeOfCare.crus',
  purposes: ['support-consideration'],
  dpop: false,
  onBehalfOf: [],
  webhook: 'https://hr.example/hook',
  handlingRules: { recordedOn: '2026-04-01', headings }
}

/** places of the faults, or nothing */
function faults(change: object): readonly string[] {
  try {
    readPartner({ ...file, ...change })
    return []
  } catch (error) {
    if (!(error instanceof Refusal) || error.key !== 'parameter-invalid') throw error
    return error.issues.map(({ expression }) => expression)
  }
}

t.test('reads a partner file of the contract', async t => {
  t.same(readPartner(file), {
    role: 'employer-hr',
    organization: file.organization,
    jwks: file.jwks,
    signingKeys: file.signingKeys,
    scope: ['system/Bundle.cr', 'system/EpisodeOfCare.crus'],
    purposes: ['support-consideration'],
    dpop: false,
    certificateThumbprint: undefined,
    webhook: 'https://hr.example/hook',
    handlingRules: file.handlingRules
  })
  const { signingKeys: _, webhook: __, handlingRules: ___, ...least } = file
  t.match(readPartner(least), { signingKeys: { keys: [] }, webhook: undefined, handlingRules: undefined })
})

t.test('says everything that is wrong at once', async t => {
  t.same(faults({ role: 'hr', scope: 'bundle', purposes: [], jwks: undefined, organization: {}, name: 'x' }), [
    'name',
    'role',
    'organization.name',
    'organization.identifier',
    'jwks',
    'scope',
    'purposes'
  ])
  for (const value of [null, [], 'x', 1]) t.throws(() => readPartner(value), Refusal)
})

t.test('refuses private keys and keys that sign nothing here', async t => {
  const keys = (...list: readonly object[]) => ({ keys: list })
  t.same(faults({ jwks: keys(client!.privateJwk) }), ['jwks.keys[0]'])
  t.same(faults({ signingKeys: keys(signer.publicJwk, signer.privateJwk) }), ['signingKeys.keys[1]'])
  t.same(faults({ jwks: keys({ kty: 'oct', kid: 'a', k: 'AAAA' }) }), ['jwks.keys[0]'])
  t.same(faults({ jwks: keys() }), ['jwks'])
  t.same(faults({ jwks: keys({ ...client!.publicJwk, kid: undefined }) }), ['jwks.keys[0]'])
  t.same(faults({ jwks: keys(client!.publicJwk, client!.publicJwk) }), ['jwks.keys[1]'])
  t.same(faults({ jwks: keys(signer.publicJwk) }), ['jwks.keys[0]'], 'RS256 is not for assertions')
  t.same(faults({ jwks: keys({ ...client!.publicJwk, x: 'AAAA' }) }), ['jwks.keys[0]'])
})

t.test('takes the address of published keys instead of keys, and not both', async t => {
  const { jwks, ...others } = file
  const published = readPartner({ ...others, jwksUri: 'https://hr.example/jwks' })
  t.match(published, { jwks: { keys: [] }, jwksUri: 'https://hr.example/jwks' })
  t.same(faults({ jwks, jwksUri: 'https://hr.example/jwks' }), ['jwksUri'])
  for (const jwksUri of [
    'http://hr.example/',
    'file:///etc/passwd',
    'https://u:p@hr.example',
    `https://x/${'x'.repeat(2000)}`,
    7
  ])
    t.same(faults({ jwks: undefined, jwksUri }), ['jwksUri'])
  t.same(faults({ jwks: undefined, jwksUri: 'http://127.0.0.1:9/' }), [], 'within this machine')
})

t.test('reads for whom else a client acts, by reference or whole, each once', async t => {
  const other = { name: '架空物流', identifier: { system: 'urn:oid:1.3.188', value: '8999999999950' } }
  const onBehalfOf = ['Organization/1', other, 'Organization/1', { ...other, name: '別名' }]
  t.same(readPartner({ ...file, onBehalfOf }).onBehalfOf, [{ id: '1' }, other])
  t.same(faults({ onBehalfOf: 'Organization/1' }), ['onBehalfOf'])
  t.same(faults({ onBehalfOf: ['Organization/1', 'Patient/1', 7, { name: 'x' }] }), [
    'onBehalfOf[1]',
    'onBehalfOf[2]',
    'onBehalfOf[3].identifier'
  ])
  const wrong = { ...other, identifier: { ...other.identifier, value: '1234567890123' } }
  t.same(faults({ onBehalfOf: [wrong] }), ['onBehalfOf[0].identifier.value'])
  for (const role of ['worker', 'auditor', 'operator']) {
    t.same(faults({ role, purposes: [], onBehalfOf: [other] }), ['onBehalfOf'], role)
  }
})

t.test('reads how the tokens of a client are bound, and no thumbprint that no certificate can have', async t => {
  const certificateThumbprint = createHash('sha256').update('certificate').digest('base64url')
  t.match(readPartner({ ...file, dpop: true, certificateThumbprint }), { dpop: true, certificateThumbprint })
  for (const dpop of ['true', 1, null]) t.same(faults({ dpop }), ['dpop'], `${dpop}`)
  const digest = Buffer.from(certificateThumbprint, 'base64url')
  for (const wrong of [
    'x',
    null,
    digest.toString('hex'),
    digest.toString('base64'),
    digest.subarray(1).toString('base64url'),
    // other bits at the end that count for nothing
    `${certificateThumbprint.slice(0, -1)}${certificateThumbprint.endsWith('B') ? 'C' : 'B'}`
  ]) {
    t.same(faults({ certificateThumbprint: wrong }), ['certificateThumbprint'], `${wrong}`)
  }
})

t.test('refuses webhooks that others could read, and rules without their nine headings', async t => {
  for (const webhook of [
    'http://hr.example/',
    'ftp://hr.example',
    'https://u:p@hr.example',
    'https://h.example/#x',
    1
  ]) {
    t.same(faults({ webhook }), ['webhook'], `${webhook}`)
  }
  for (const webhook of ['http://127.0.0.1:9/x', 'http://localhost:9', 'http://[::1]:9/'])
    t.same(faults({ webhook }), [])
  t.same(faults({ handlingRules: { recordedOn: '2026-04', headings } }), ['handlingRules'])
  t.same(faults({ handlingRules: { recordedOn: '2026-04-01', headings: headings.slice(1) } }), ['handlingRules'])
})

t.test('refuses a number with a wrong check digit; roles that exchange nothing need no purpose', async t => {
  const identifier = { system: 'urn:oid:1.3.188', value: '7999999999901' }
  t.same(faults({ organization: { name: 'x', identifier } }), ['organization.identifier.value'])
  const ambiguous = { system: 'urn:example:a|b', value: 'c' }
  t.same(faults({ organization: { name: 'x', identifier: ambiguous } }), ['organization.identifier'])
  t.same(faults({ role: 'auditor', purposes: [] }), [])
  t.same(faults({ purposes: ['support-consideration', 'support-consideration'] }), ['purposes'])
})
