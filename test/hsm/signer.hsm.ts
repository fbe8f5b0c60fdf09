import { execFileSync } from 'node:child_process'
import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { closeSync, constants, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { compactVerify, type JWK } from 'jose'
import pkcs11 from 'pkcs11js'
import t from 'tap'
import { type TokenKey, TokenSigners } from '../../src/adapters/pkcs11/token-signers.ts'
import type { Signer } from '../../src/document/signer.ts'
import { jwkThumbprint } from '../../src/standards/jwk-thumbprint.ts'
import { compact, signingInput } from '../../src/standards/jws.ts'
import { certificateFor } from './certificate.ts'
import { softHsm, TestToken } from './token.ts'

t.setTimeout(240_000)
const token = new TestToken()
t.teardown(() => token.remove())
// one and the same library in this process: what it does to sessions, the gateway's threads feel
const library = new pkcs11.PKCS11()
library.load(softHsm)
const signers = new TokenSigners({ pause: 0 })
t.teardown(() => signers.close())

const places = {
  ES256: token.generate('EC:prime256v1', 'es256', '01'),
  ES384: token.generate('EC:secp384r1', 'es384', '02'),
  RS256: token.generate('rsa:2048', 'rs256', '03'),
  EdDSA: token.generate('EC:edwards25519', 'eddsa', '04')
} as const satisfies Record<Signer['alg'], unknown>
const algorithms = Object.keys(places) as readonly Signer['alg'][]

async function keyOf(alg: Signer['alg'], place = places[alg]) {
  const jwk = await signers.publicJwk(place)
  return { alg, kid: jwkThumbprint(jwk), jwk, place }
}

async function signed(signer: Signer, text = '{"doc":1}'): Promise<string> {
  const input = signingInput({ alg: signer.alg, kid: signer.kid }, Buffer.from(text))
  return compact(input, await signer.sign(Buffer.from(input, 'latin1')))
}

async function holds(jws: string, jwk: JWK): Promise<boolean> {
  const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })
  return compactVerify(jws, key).then(
    () => true,
    () => false
  )
}

/** Sessions of the same process would be logged in already. */
function logOut(): void {
  try {
    library.C_Finalize()
  } catch (error) {
    if ((error as Error).message !== 'CKR_CRYPTOKI_NOT_INITIALIZED') throw error
  }
}

const failureOf = (signing: Promise<string>): Promise<unknown> =>
  signing.then(
    () => undefined,
    (error: unknown) => error
  )

for (const alg of algorithms) {
  t.test(`${alg} signed in the token is verified by jose`, async t => {
    const key = await keyOf(alg)
    t.equal(await signers.problemOf(key), undefined)
    const signer = signers.signer(key)
    for (let i = 0; i < 20; i++) t.ok(await holds(await signed(signer, `{"doc":${i}}`), key.jwk))
    const large = await signed(signer, 'x'.repeat(1_000_000))
    t.ok(await holds(large, key.jwk), 'whatever the size')
  })
}

t.test('many signatures at once keep the event loop turning', async t => {
  const key = await keyOf('RS256')
  const signer = signers.signer(key)
  let turns = 0
  let isOver = false
  const turn = () => {
    turns++
    if (!isOver) setImmediate(turn)
  }
  turn()
  const all = await Promise.all(Array.from({ length: 300 }, (_, i) => signed(signer, `{"doc":${i}}`)))
  isOver = true
  t.equal(new Set(all).size, 300)
  for (const jws of all) if (!(await holds(jws, key.jwk))) t.fail('a signature that does not hold')
  t.ok(turns > 100, 'it turned while the token signed')
})

t.test('too many at once are refused', async t => {
  const few = new TokenSigners({ waiting: 2, threads: 1 })
  t.teardown(() => few.close())
  const signer = few.signer(await keyOf('ES256'))
  const all = await Promise.allSettled(Array.from({ length: 20 }, () => signed(signer)))
  const refused = all.flatMap(each => (each.status === 'rejected' ? [each.reason.key] : []))
  t.ok(refused.length > 0 && refused.length < 20)
  t.same(new Set(refused), new Set(['overloaded']))
})

t.test('what was lost is opened anew', async t => {
  const key = await keyOf('ES256')
  const signer = signers.signer(key)
  await signed(signer)
  const [slot] = library.C_GetSlotList(true).filter(each => library.C_GetTokenInfo(each).label.trim() === token.label)
  library.C_CloseAllSessions(slot!)
  t.ok(await holds(await signed(signer), key.jwk), 'sessions that were closed')
  library.C_Finalize()
  t.ok(await holds(await signed(signer), key.jwk), 'a module that was ended')
  const during = Promise.all(Array.from({ length: 50 }, () => signed(signer)))
  library.C_CloseAllSessions(slot!)
  for (const jws of await during) t.ok(await holds(jws, key.jwk), 'with signatures under way')
})

t.test('a token that vanished is used again when it is back', async t => {
  const key = await keyOf('ES256')
  const signer = signers.signer(key)
  await signed(signer)
  const away = `${token.tokens}-away`
  renameSync(token.tokens, away)
  t.match(await failureOf(signed(signer)), { key: 'store-unavailable', retryAfterSeconds: 5 })
  t.match(await failureOf(signed(signer)), { key: 'store-unavailable' }, 'also the next time')
  renameSync(away, token.tokens)
  t.ok(await holds(await signed(signer), key.jwk))
})

t.test('another key in the place of the one that is known signs nothing', async t => {
  const place = token.generate('EC:prime256v1', 'replaced', '21')
  const key = await keyOf('ES256', place)
  const signer = signers.signer(key)
  await signed(signer)
  const other = await keyOf('ES256')
  t.match(await signers.problemOf({ ...other, place }), /^another key than the entry's is at label replaced/u)
  const algorithm = { ...key, alg: 'EdDSA' } as const
  t.type(await signers.problemOf(algorithm), 'string', 'nor an algorithm that is not its own')
  t.ok(await holds(await signed(signer), key.jwk), 'the others sign on')
})

t.test('a key with a certificate and no public key of its own is used as well', async t => {
  const place = token.generate('rsa:2048', 'card', '31')
  const { jwk } = await keyOf('RS256', place)
  token.replacePublicKey('card', '31', await certificateFor(jwk))
  const anew = new TokenSigners()
  t.teardown(() => anew.close())
  t.same(await anew.publicJwk(place), jwk)
  t.equal(await anew.problemOf({ alg: 'RS256', kid: 'card', jwk, place }), undefined)
})

t.test('what is set up wrong is said in words', async t => {
  const key = await keyOf('ES256')
  token.generate('EC:prime256v1', 'twin', '11')
  token.generate('EC:prime256v1', 'twin', '12')
  const at = (more: object): TokenKey => ({ ...key, place: { ...key.place, ...more } })
  const cases = [
    [at({ module: '/nowhere/libpkcs11.so' }), /^\/nowhere\/libpkcs11.so: there is no such PKCS#11 module$/u],
    [at({ module: token.pinFile }), /pin: no PKCS#11 module that can be loaded$/u],
    [at({ token: 'other' }), /libsofthsm2.so has no token other$/u],
    [at({ label: 'other' }), /^no private key is at label other of the token ryoritsu$/u],
    [at({ label: 'twin' }), /^several private keys are at label twin of the token ryoritsu; name the id of one$/u],
    [at({ id: 'ff' }), /^no private key is at label es256 and id ff of the token ryoritsu$/u]
  ] as const
  for (const [wrong, words] of cases) t.match(await signers.problemOf(wrong), words)
  const twin = await keyOf('ES256', token.place('twin', { id: '12' }))
  t.equal(await signers.problemOf(twin), undefined, 'the id tells two keys of one label apart')
})

t.test('a PIN comes from a file that others cannot read, and a wrong one is tried once', async t => {
  const key = await keyOf('ES256')
  t.teardown(() => token.rightPin())
  // sessions of the same process would be logged in already
  logOut()
  const fresh = new TokenSigners({ pause: 0 })
  t.teardown(() => fresh.close())
  token.writePin('4711', 0o640)
  t.match(await fresh.problemOf(key), /pin: others can read it; set its mode to 0600$/u)
  token.writePin('')
  t.match(await fresh.problemOf(key), /pin: holds no PIN$/u)
  rmSync(token.pinFile)
  t.match(await fresh.problemOf(key), /pin: cannot be read \(ENOENT\)$/u)
  token.writePin('0000')
  const told = await fresh.problemOf(key)
  t.match(told, /pin: not the PIN of the token ryoritsu$/u)
  t.notMatch(told, /0000/u)
  t.match(await fresh.problemOf(key), /pin: not the PIN, and not tried again before the file changes$/u)
  token.rightPin()
  t.equal(await fresh.problemOf(key), undefined, 'until the file changes')
})

t.test('a wrong PIN is tried once, however many wait to sign', async t => {
  const key = await keyOf('ES256')
  logOut()
  const fresh = new TokenSigners({ pause: 0 })
  t.teardown(() => fresh.close())
  const pipe = join(token.folder, 'counted')
  execFileSync('mkfifo', ['-m', '600', pipe])
  let tried = 0
  const give = async () => {
    for (;;) {
      // resolves when somebody reads
      const end = await open(pipe, constants.O_WRONLY)
      tried++
      await end.write('0000')
      await end.close()
      await sleep(100)
    }
  }
  const given = give().catch(() => undefined)
  const signer = fresh.signer({ ...key, place: { ...key.place, pinFile: pipe } })
  const all = await Promise.all(Array.from({ length: 20 }, () => failureOf(signed(signer))))
  t.ok(all.every(failure => (failure as { key: string }).key === 'store-unavailable'))
  t.equal(tried, 1)
  // lets the one that waits for a reader go
  closeSync(openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK))
  rmSync(pipe)
  await given
})

t.test('a token that does not answer keeps nobody waiting for ever', async t => {
  const key = await keyOf('ES256')
  const hasty = new TokenSigners({ pause: 0, milliseconds: 300 })
  t.teardown(() => hasty.close())
  // whoever reads the PIN from a pipe waits until somebody writes
  const pipe = join(token.folder, 'pipe')
  execFileSync('mkfifo', ['-m', '600', pipe])
  const signer = hasty.signer({ ...key, place: { ...key.place, pinFile: pipe } })
  const failure = await failureOf(signed(signer))
  t.match(failure, { key: 'store-unavailable', cause: { message: 'the token does not answer' } })
  const end = openSync(pipe, 'w')
  rmSync(pipe)
  writeFileSync(pipe, '4711', { mode: 0o600 })
  t.ok(await holds(await signed(signer), key.jwk), 'the next one does')
  writeSync(end, '4711')
  closeSync(end)
  t.ok(await holds(await signed(signer), key.jwk), 'also when the first one answers after all')
})

t.test('closing lets what is under way come to its end and gives the module back', async t => {
  const key = await keyOf('ES256')
  await signers.close()
  for (let i = 0; i < 3; i++) {
    const again = new TokenSigners()
    const signer = again.signer(key)
    const under = signed(signer)
    await again.close()
    t.ok(await holds(await under, key.jwk))
    t.throws(() => library.C_GetSlotList(true), { message: 'CKR_CRYPTOKI_NOT_INITIALIZED' })
    t.match(await failureOf(signed(signer)), { key: 'shutting-down' }, 'nothing is signed any more')
  }
})
