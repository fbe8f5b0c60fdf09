import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { case1 } from '../../fixtures/cases/1-colorectal-cancer-sales.ts'
import type { KeyPlace } from '../../src/adapters/pkcs11/key-place.ts'
import { TokenSigners } from '../../src/adapters/pkcs11/token-signers.ts'
import { type KeyPurpose, keyPurposes } from '../../src/document/signer.ts'
import { openTrust } from '../../src/gateway/trust.ts'
import { openValidation } from '../../src/gateway/validation.ts'
import { verifyFile } from '../../src/journeys/verify/verify-file.ts'
import { jwkThumbprint } from '../../src/standards/jwk-thumbprint.ts'
import { ryoritsu } from '../faces/command/console.ts'
import { closeAll, joinedCase } from '../journeys/joined-case.ts'
import { startGateway } from '../parties/gateway.ts'
import { fetchTrust } from '../parties/gateway-trust.ts'
import { deposit, documentOf, expectStatus, liveDocument, receiptOf, release, search } from '../parties/story.ts'
import { verifyReceipt } from '../parties/verify-receipt.ts'
import { TestToken } from './token.ts'

const shapes = {
  token: { alg: 'ES384', type: 'EC:secp384r1' },
  receipt: { alg: 'ES256', type: 'EC:prime256v1' },
  webhook: { alg: 'ES256', type: 'EC:prime256v1' },
  document: { alg: 'ES256', type: 'EC:prime256v1' },
  log: { alg: 'EdDSA', type: 'EC:edwards25519' }
} as const

t.setTimeout(600_000)
const hsm = new TestToken()
t.teardown(() => hsm.remove())

/** As an operator writes it down who made the key with the tools of the token. */
async function keyFile(home: string, purpose: KeyPurpose, place: KeyPlace): Promise<string> {
  const signers = new TokenSigners()
  const jwk = await signers.publicJwk(place)
  await signers.close()
  const marks = { alg: shapes[purpose].alg, use: 'sig', 'x-purpose': purpose, 'x-since': '2026-01-01T00:00:00.000Z' }
  const file = join(home, 'keys', `${purpose}.jwks.json`)
  mkdirSync(join(home, 'keys'), { recursive: true })
  const entry = { ...jwk, kid: jwkThumbprint(jwk), ...marks, 'x-pkcs11': place }
  writeFileSync(file, JSON.stringify({ keys: [entry] }), { mode: 0o600 })
  return file
}

t.test('a gateway whose keys all lie in a token', async t => {
  t.setTimeout(240_000)
  const home = t.testdir()
  const files = new Map<KeyPurpose, string>()
  for (const [index, purpose] of keyPurposes.entries()) {
    files.set(purpose, await keyFile(home, purpose, hsm.generate(shapes[purpose].type, purpose, `0${index}`)))
  }
  let running = await startGateway({ home })
  t.teardown(() => running.stop())
  const { town, atHospital, atHr, atWorker } = await joinedCase(running, case1)
  t.teardown(() => closeAll(Object.values(town)))
  const trust = await fetchTrust(running.baseUrl)
  t.equal(trust.keys.size, keyPurposes.length)

  const bundle = liveDocument(case1, 'opinion-continuation', atHospital)
  const deposited = expectStatus(await deposit(town.hospital, bundle), 201)
  const sent = Buffer.from(JSON.stringify(bundle))
  t.equal(
    verifyReceipt(receiptOf(deposited), sent, trust).act,
    'document-deposit',
    'the receipt and its checkpoint hold'
  )

  await release(town.worker, {
    subject: atWorker.subject,
    discloser: town.hospital.file.organization,
    recipients: [town.ohp.file.party],
    kinds: ['opinion-continuation'],
    classes: 'all'
  })
  const [found] = await search(town.ohp, atHr.subject)
  const { bytes } = expectStatus(await documentOf(town.ohp, found!), 200)
  const parts = { trust: openTrust(join(home, 'trust')), structure: openValidation().structure }
  const { kind, verdict } = await verifyFile(bytes, parts)
  t.same({ kind, verdict }, { kind: 'derived', verdict: 'held' }, 'the derived document holds')

  await t.test('while the token is away nothing is signed, and everything again once it is back', async t => {
    const away = `${hsm.tokens}-away`
    const next = liveDocument(case1, 'opinion-continuation', atHospital, { identifier: '1319999015^2026^000888' })
    renameSync(hsm.tokens, away)
    const refused = expectStatus(await deposit(town.hospital, next), 503)
    t.ok(refused.headers['retry-after'])
    renameSync(away, hsm.tokens)
    await new Promise(resolve => setTimeout(resolve, 1200))
    const answered = expectStatus(await deposit(town.hospital, next), 200)
    t.ok(verifyReceipt(receiptOf(answered), Buffer.from(JSON.stringify(next)), trust), 'it had been recorded')
    t.notMatch(running.logged(), /defect/u)
  })

  await t.test('a gateway that cannot sign does not start, and says which key', async t => {
    await running.stop()
    hsm.writePin('0000')
    const file = files.get('document')!
    await t.rejects(startGateway({ home }), {
      name: 'ConfigError',
      message: /keys\/document\.jwks\.json: .*pin: not the PIN/u
    })
    const entries = readFileSync(file, 'utf8')
    writeFileSync(file, entries.replace('"label":"document"', '"label":"nobody"'), { mode: 0o600 })
    hsm.rightPin()
    await t.rejects(startGateway({ home }), { message: /document\.jwks\.json: no private key is at label nobody/u })
    writeFileSync(file, entries, { mode: 0o600 })
    running = await startGateway({ home })
    t.equal((await fetchTrust(running.baseUrl)).keys.size, keyPurposes.length)
  })
})

t.test('a key of a running gateway moves into the token by a command', async t => {
  t.setTimeout(240_000)
  const home = t.testdir()
  const env = { RYORITSU_HOME: home }
  const running = await startGateway({ home })
  t.teardown(() => running.stop())
  const { town, atHospital } = await joinedCase(running, case1)
  t.teardown(() => closeAll(Object.values(town)))
  const place = hsm.generate('EC:prime256v1', 'moved', '21')
  const file = join(home, 'place.json')
  const rotate = (purpose: string, where: unknown) => {
    writeFileSync(file, JSON.stringify(where))
    return ryoritsu(['keys', 'rotate', purpose, '--pkcs11', file, '--grace', '2', '--json'], env)
  }

  for (const [purpose, where, words] of [
    ['receipt', { ...place, label: 'nobody' }, /receipt\.jwks\.json: no private key is at label nobody/u],
    ['receipt', { ...place, pin: '4711' }, /x-pkcs11 has no pin/u],
    ['token', place, /a key of another curve than P-384/u]
  ] as const) {
    t.match(await rotate(purpose, where).catch((error: unknown) => error), { name: 'ConfigError', message: words })
  }
  t.equal((await rotate('master', place)).code, 2)

  const before = expectStatus(
    await deposit(town.hospital, liveDocument(case1, 'opinion-continuation', atHospital)),
    201
  )
  const said = await rotate('receipt', place)
  t.equal(said.code, 0, said.error)
  const [{ kid, retired }] = JSON.parse(said.out).rotated
  await new Promise(resolve => setTimeout(resolve, 600))
  const next = liveDocument(case1, 'opinion-continuation', atHospital, { identifier: '1319999015^2026^000889' })
  const after = expectStatus(await deposit(town.hospital, next), 201)
  const kidOf = (receipt: string) => JSON.parse(Buffer.from(receipt.split('.')[0]!, 'base64url').toString()).kid
  t.same([kidOf(receiptOf(before)), kidOf(receiptOf(after))], [retired[0], kid])
  const trust = await fetchTrust(running.baseUrl)
  for (const answered of [before, after]) t.ok(verifyReceipt(receiptOf(answered), undefined, trust), 'both hold')
  t.notMatch(readFileSync(join(home, 'keys', 'receipt.jwks.json'), 'utf8'), /"d"/u, 'no private key is in a file')
  t.match(await rotate('receipt', place).catch((error: unknown) => error), { message: /known already/u })
})
