import { execFile } from 'node:child_process'
import { createPublicKey, generateKeyPairSync, type JsonWebKey, verify } from 'node:crypto'
import { chmodSync, existsSync, linkSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import type { JWK } from 'jose'
import t from 'tap'
import { HomeKeys } from '../../../src/adapters/keys/home-keys.ts'
import { KeyFileError } from '../../../src/adapters/keys/key-file-error.ts'
import { MasterFile } from '../../../src/adapters/keys/master-file.ts'
import { openKeys } from '../../../src/adapters/keys/open-keys.ts'
import { writeOnce } from '../../../src/adapters/keys/write-once.ts'
import { type KeyPurpose, keyPurposes } from '../../../src/document/signer.ts'
import { jwkThumbprint } from '../../../src/standards/jwk-thumbprint.ts'

const start = Date.UTC(2026, 8, 1)
const clock = () => start
const kids = (home: string) => new HomeKeys(home, clock).published().keys.map(({ kid }) => kid)
const fileOf = (home: string, purpose: string) => join(home, 'keys', `${purpose}.jwks.json`)
const keysIn = (home: string, purpose: KeyPurpose) =>
  (JSON.parse(readFileSync(fileOf(home, purpose), 'utf8')) as { keys: (JWK & { 'x-since': string })[] }).keys

t.test('makes the keys of an empty home once, for its owner alone', async t => {
  const home = join(t.testdir(), 'deep', 'home')
  const first = new HomeKeys(home, clock)
  t.equal(first.made.length, 5)
  for (const file of first.made) t.equal(statSync(file).mode & 0o777, 0o600)
  t.equal(statSync(join(home, 'keys')).mode & 0o777, 0o700)
  t.same(
    readdirSync(join(home, 'keys')).filter(name => !name.endsWith('.jwks.json')),
    [],
    'nothing else is left there'
  )
  const again = new HomeKeys(home, clock)
  t.same(again.made, [])
  t.same(again.published(), first.published())
})

t.test('what a start that was killed has left half-written is no key', async t => {
  const home = t.testdir({ keys: { 'master.key.4711.new': 'half', 'log.jwks.json.4711.new': '{"keys":' } })
  const master = new MasterFile(join(home, 'keys', 'master.key'))
  t.equal(master.isMade, true)
  t.equal(master.all()[0]!.key.length, 32)
  t.equal(kids(home).length, 5)
  const again = new MasterFile(join(home, 'keys', 'master.key'))
  t.same([again.isMade, again.all()], [false, master.all()])
})

t.test('processes that start on one home at once share its keys, new ones and those of the version before', async t => {
  const home = join(t.testdir(), 'home')
  new HomeKeys(home, clock)
  const before = asBefore(home, 'document')
  const module = (name: string) => JSON.stringify(join(import.meta.dirname, '../../../src/adapters/keys', name))
  const program = `
    const { HomeKeys } = await import(${module('home-keys.ts')})
    const { MasterFile } = await import(${module('master-file.ts')})
    const keys = new HomeKeys(${JSON.stringify(home)}, () => ${start})
    const masters = new MasterFile(${JSON.stringify(join(home, 'keys', 'master.key'))})
    console.log(JSON.stringify([keys.published().keys.map(({ kid }) => kid), masters.all().map(({ name }) => name)]))`
  const run = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', program])
  const answers = (await Promise.all([run(), run(), run(), run()])).map(({ stdout }) => stdout)
  const expected = [kids(home), new MasterFile(join(home, 'keys', 'master.key')).all().map(({ name }) => name)]
  for (const answer of answers) t.same(JSON.parse(answer), expected)
  t.ok(expected[0]!.includes(jwkThumbprint(before)))
})

t.test('a gateway in another container that has the same process number loses nothing', async t => {
  const file = join(t.testdir(), 'master.key')
  // it has just put its key there, and not yet taken the other name away
  writeFileSync(`${file}.${process.pid}.new`, 'theirs', { mode: 0o600 })
  linkSync(`${file}.${process.pid}.new`, file)
  t.equal(writeOnce(file, 'ours'), false)
  t.equal(readFileSync(file, 'utf8'), 'theirs')
})

t.test('a disk that takes a part of a key file leaves the one that was there', async t => {
  const folder = t.testdir({ 'log.jwks.json': 'old' })
  const file = join(folder, 'log.jwks.json')
  const module = JSON.stringify(join(import.meta.dirname, '../../../src/adapters/keys/write-once.ts'))
  const program = `
    const { replaceSecret } = await import(${module})
    replaceSecret(${JSON.stringify(file)}, 'x'.repeat(100_000))`
  // 16 blocks of 512 or 1024 bytes: the first write is a short one, and no error
  const limited = 'ulimit -f 16; exec "$0" --input-type=module -e "$1"'
  const error = await promisify(execFile)('sh', ['-c', limited, process.execPath, program]).catch(error => error)
  t.match(error, { code: 1, stderr: /KeyFileError: .*log\.jwks\.json: cannot be written \(EFBIG\)/ })
  t.equal(readFileSync(file, 'utf8'), 'old')
  t.same(readdirSync(folder), ['log.jwks.json'], 'nor is a part of it left beside')
})

/** Puts a key where the version before kept it: one private JWK a file. */
function asBefore(home: string, purpose: KeyPurpose): Record<string, unknown> {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = pair.privateKey.export({ format: 'jwk' })
  rmSync(fileOf(home, purpose))
  writeFileSync(join(home, 'keys', `${purpose}.jwk.json`), JSON.stringify(jwk), { mode: 0o600 })
  return jwk as Record<string, unknown>
}

t.test('a key of the version before is taken over as it is', async t => {
  const home = t.testdir()
  new HomeKeys(home, clock)
  const jwk = asBefore(home, 'receipt')
  const keys = new HomeKeys(home, clock)
  t.same(keys.made, [], 'it is not made anew')
  t.equal(keys.signer('receipt')().kid, jwkThumbprint(jwk))
  t.notOk(existsSync(join(home, 'keys', 'receipt.jwk.json')), 'and its private part lies in one place')
  writeFileSync(join(home, 'keys', 'log.jwk.json'), 'no key 5ecret', { mode: 0o600 })
  rmSync(fileOf(home, 'log'))
  const error = await thrown(() => new HomeKeys(home, clock))
  t.match(error, { problems: [/log\.jwk\.json: holds no private key as JWK/] })
  t.notMatch(String(error), /5ecret/)
})

t.test('tells all that is wrong with the key files at once, and nothing of what is in them', async t => {
  const home = t.testdir()
  const master = join(home, 'keys', 'master.key')
  openKeys(home, master, clock)
  chmodSync(fileOf(home, 'receipt'), 0o640)
  chmodSync(fileOf(home, 'token'), 0o604)
  writeFileSync(fileOf(home, 'webhook'), 'not JSON but 5ecret')
  writeFileSync(fileOf(home, 'document'), '{"keys":[{"kty":"EC","d":"5ecret"}]}')
  writeFileSync(fileOf(home, 'log'), '{"keys":[]}')
  writeFileSync(master, '5ecret')
  const error = await thrown(() => openKeys(home, master, clock))
  t.ok(error instanceof KeyFileError)
  const { problems } = error as KeyFileError
  t.match(problems, [
    /token\.jwks\.json: others can read it; set its mode to 0600/,
    /receipt\.jwks\.json: others can read it; set its mode to 0600/,
    /log\.jwks\.json: holds no private key as JWK/,
    /webhook\.jwks\.json: holds no set of keys/,
    /document\.jwks\.json: holds no private key as JWK/,
    /master\.key: a master key is 32 bytes as base64url/
  ])
  t.notMatch(`${error}${(error as Error).stack}`, /5ecret/)
})

const inToken = { module: '/nowhere/libpkcs11.so', token: 'token', label: 'key', pinFile: '/nowhere/pin' }

t.test('a key whose private part lies in a token signs there, and is published without its place', async t => {
  const home = t.testdir()
  new HomeKeys(home, clock)
  const { d: _, ...publicMembers } = keysIn(home, 'receipt')[0]!
  writeFileSync(fileOf(home, 'receipt'), JSON.stringify({ keys: [{ ...publicMembers, 'x-pkcs11': inToken }] }))
  const keys = new HomeKeys(home, clock)
  t.teardown(() => keys.close())
  t.equal(keys.signer('receipt')().kid, publicMembers.kid)
  t.notMatch(JSON.stringify(keys.published()), /pkcs11|nowhere/)
  t.match(await keys.tryTokens().catch((error: unknown) => error), {
    name: 'KeyFileError',
    problems: [/receipt\.jwks\.json: \/nowhere\/libpkcs11\.so: there is no such PKCS#11 module$/]
  })
})

t.test('a file that is no set of keys for its purpose is refused', async t => {
  const home = t.testdir()
  new HomeKeys(home, clock)
  const key: Record<string, unknown> = { ...keysIn(home, 'receipt')[0] }
  const { 'x-since': _, ...timeless } = key
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }).d
  const { d, ...publicMembers } = key
  for (const [keys, reason] of [
    [keysIn(home, 'token'), /a key of another curve than P-256/],
    [[{ ...key, 'x-purpose': 'webhook' }], /without kid, x-purpose or x-since/],
    [[{ ...key, 'x-since': 'yesterday' }], /without kid, x-purpose or x-since/],
    [[timeless], /without kid, x-purpose or x-since/],
    [[key, key], /two keys of one kid/],
    [[publicMembers], /no private key/],
    [[{ ...publicMembers, 'x-pkcs11': { module: 'm' } }], /x-pkcs11 needs token, label, pinFile/],
    [[{ ...key, 'x-pkcs11': inToken }], /a private key beside its place in a token/],
    [[{ ...key, d: 'AAAA' }], /no private key/],
    [[{ ...key, d: other }], /no private key/],
    [[{ ...key, x: 'AAAA' }], /no private key/],
    [[null], /no private key/],
    ['keys', /no set of keys/]
  ] as const) {
    writeFileSync(fileOf(home, 'receipt'), JSON.stringify({ keys }))
    t.match(await thrown(() => new HomeKeys(home, clock)), { problems: [reason] }, String(reason))
  }
  t.ok(d)
})

t.test('each key signs what its public key, as served, verifies', async t => {
  const keys = new HomeKeys(t.testdir(), clock)
  const served = keys.published().keys as readonly (JsonWebKey & { kid: string; 'x-purpose': KeyPurpose })[]
  t.same(
    served.map(key => [key['x-purpose'], key.alg, key.crv, key.use, 'd' in key]),
    [
      ['token', 'ES384', 'P-384', 'sig', false],
      ['receipt', 'ES256', 'P-256', 'sig', false],
      ['log', 'EdDSA', 'Ed25519', 'sig', false],
      ['webhook', 'ES256', 'P-256', 'sig', false],
      ['document', 'ES256', 'P-256', 'sig', false]
    ]
  )
  const input = Buffer.from('input')
  for (const jwk of served) {
    const signer = keys.signer(jwk['x-purpose'])()
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    const hash = { ES256: 'sha256', ES384: 'sha384' }[jwk.alg as string] ?? null
    t.ok(verify(hash, input, { key, dsaEncoding: 'ieee-p1363' }, await signer.sign(input)))
    t.equal(signer.kid, jwk.kid)
  }
})

t.test('a key is published before it signs, and after it has signed as long as someone may verify', async t => {
  for (const purpose of keyPurposes) {
    const home = join(t.testdir(), purpose)
    let now = start
    const command = new HomeKeys(home, () => now)
    const gateway = new HomeKeys(home, () => now)
    const old = gateway.signer(purpose)().kid
    const published = () =>
      gateway
        .published()
        .keys.filter(key => key['x-purpose' as 'use'] === purpose)
        .map(({ kid }) => kid)
    const fresh = command.make(purpose)
    t.same(kids(home).includes(fresh.kid), false, 'made, and nowhere yet')
    fresh.publish(now + 5000)
    t.equal(gateway.look(), true)
    t.equal(gateway.look(), false)
    t.same([published(), gateway.signer(purpose)().kid], [[old, fresh.kid], old], 'published and waiting')
    now += 5000
    t.same([published(), gateway.signer(purpose)().kid], [[old, fresh.kid], fresh.kid], 'its time has come')
    t.match(
      command.facts().filter(key => key.purpose === purpose),
      [{ state: 'retired', canSign: true }, { state: 'current' }]
    )
    command.retire(purpose)
    t.same(
      keysIn(home, purpose).map(key => 'd' in key),
      [false, true],
      'what signs no more has no private part'
    )
    gateway.look()
    now += 599_000
    t.same(published(), [old, fresh.kid], 'what it signed may still be under way')
    now += 2_000
    const isPassing = purpose === 'token' || purpose === 'webhook'
    t.same(published(), isPassing ? [fresh.kid] : [old, fresh.kid], 'evidence is verified for ever')
    command.retire(purpose)
    t.equal(keysIn(home, purpose).length, isPassing ? 1 : 2)
    t.equal(statSync(fileOf(home, purpose)).mode & 0o777, 0o600)
  }
})

t.test('a token signed with a key of a moment ago is known without waiting for the next look', async t => {
  const home = t.testdir()
  let now = start
  const command = new HomeKeys(home, () => now)
  const gateway = new HomeKeys(home, () => now)
  const fresh = command.make('token')
  fresh.publish(now + 5000)
  await new Promise(resolve => setTimeout(resolve, 60))
  t.ok(gateway.tokenKeys.has(fresh.kid))
  t.equal(gateway.tokenKeys.get(fresh.kid)?.asymmetricKeyType, 'ec')
  t.notOk(gateway.tokenKeys.has(gateway.signer('receipt')().kid), 'keys of other purposes never')
  t.notOk(gateway.tokenKeys.has('other'))
  const old = gateway.signer('token')().kid
  now += 5000 + 599_999
  t.ok(gateway.tokenKeys.has(old))
  now += 1
  t.notOk(gateway.tokenKeys.has(old), 'and not when its last token has long expired')
})

t.test('whatever the clocks of gateways say, each signs with a key that all of them publish', async t => {
  const home = t.testdir()
  let now = start
  const command = new HomeKeys(home, () => now)
  const skew = { value: 0 }
  const gateway = new HomeKeys(home, () => now + skew.value)
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('add', 'retire', 'wait'), fc.integer({ min: -60_000, max: 60_000 })), {
        maxLength: 12
      }),
      steps => {
        for (const [step, amount] of steps) {
          if (step === 'add') command.make('document').publish(now + Math.abs(amount))
          if (step === 'retire') command.retire('document')
          if (step === 'wait') now += Math.abs(amount)
          skew.value = amount
          gateway.look()
          const { kid } = gateway.signer('document')()
          const known = gateway.published().keys.map(key => key.kid)
          if (!known.includes(kid) || !command.published().keys.some(key => key.kid === kid)) return false
        }
        return true
      }
    ),
    { numRuns: 12 }
  )
})

t.test('a key that was made while the clock was ahead is replaced all the same', async t => {
  const home = t.testdir()
  let now = Date.UTC(2030, 0)
  const keys = new HomeKeys(home, () => now)
  const old = keys.signer('token')().kid
  now = start
  const fresh = keys.make('token')
  fresh.publish(now + 5000)
  t.equal(keys.signer('token')().kid, old, 'the new one is not known to all yet')
  now += 5000
  t.equal(keys.signer('token')().kid, fresh.kid)
  t.match(
    keys.facts().filter(({ purpose }) => purpose === 'token'),
    [
      { kid: old, state: 'retired' },
      { kid: fresh.kid, state: 'current' }
    ]
  )
  now += 600_000
  t.notOk(keys.tokenKeys.has(old), 'and what it signed is taken no longer')
})

t.test('a file that was spoilt while the gateway runs is told, and what was known stays in use', async t => {
  const home = t.testdir()
  const keys = new HomeKeys(home, clock)
  const { kid } = keys.signer('token')()
  writeFileSync(fileOf(home, 'token'), 'spoilt')
  t.ok((await thrown(() => keys.look())) instanceof KeyFileError)
  t.equal(keys.signer('token')().kid, kid)
  t.ok(keys.published().keys.some(key => key.kid === kid))
})

async function thrown(work: () => unknown): Promise<unknown> {
  try {
    work()
    return undefined
  } catch (error) {
    return error
  }
}
