import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { KeyFileError } from '../../../src/adapters/keys/key-file-error.ts'
import { readOpenIdSettings } from '../../../src/adapters/openid/read-open-id.ts'

const folder = mkdtempSync(join(tmpdir(), 'ryoritsu-'))
t.teardown(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'openid.json')
const write = (name: string, content: unknown, mode = 0o600) =>
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content), { mode })

const good = {
  name: 'mihon',
  issuer: 'https://login.mihon.example',
  clientId: 'ryoritsu',
  clientSecretFile: 'secret',
  organizations: ['urn:oid:1.3.188|8999999999901']
}
const problemsOf = (...providers: readonly object[]): readonly string[] => {
  write('openid.json', { providers })
  try {
    readOpenIdSettings(file)
    return []
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error
    return error.problems.map(problem => problem.replaceAll(folder, ''))
  }
}

t.test('reads providers with their secrets, from files beside it', t => {
  write('secret', 'not for the world\n')
  write('key', { kty: 'OKP', crv: 'Ed25519', x: 'x', d: 'd' })
  write('openid.json', {
    providers: [
      good,
      { ...good, name: 'other', clientSecretFile: undefined, privateJwkFile: 'key', acrValues: ['2fa'] }
    ]
  })
  const [one, other] = readOpenIdSettings(file)
  t.match(one, { name: 'mihon', credential: { secret: 'not for the world' }, idTokenAlgorithm: 'RS256', acrValues: [] })
  t.match(other, { name: 'other', credential: { privateJwk: { d: 'd' } }, acrValues: ['2fa'] })
  t.end()
})

t.test('tells all that is wrong at once, and no secret', t => {
  write('open', 'for everybody', 0o644)
  t.same(
    problemsOf(
      { ...good, issuer: 'http://login.mihon.example', clientSecretFile: 'open', scope: 'x' },
      { ...good, organizations: ['8999999999901'], idTokenAlgorithm: 'none' },
      { ...good, name: 'Mihon/..', privateJwkFile: 'secret' }
    ),
    [
      '/openid.json: provider 1: scope is not known',
      '/openid.json: provider 1: issuer must be an https URL (http within this machine only)',
      '/openid.json: provider 1: others can read /open; set its mode to 0600',
      '/openid.json: provider 2: organizations must list identifiers as system|value',
      '/openid.json: provider 2: idTokenAlgorithm must be one of ES256, ES384, PS256, RS256, EdDSA',
      '/openid.json: provider 3: name must be of a-z, 0-9 and -',
      '/openid.json: provider 3: give one of clientSecretFile and privateJwkFile',
      '/openid.json: two providers have one name'
    ]
  )
  t.same(problemsOf({ ...good, clientSecretFile: 'nowhere' }), ['/openid.json: provider 1: /nowhere cannot be read'])
  t.same(problemsOf({ ...good, clientSecretFile: undefined, privateJwkFile: 'secret' }), [
    '/openid.json: provider 1: /secret holds no private key as JWK'
  ])
  write('openid.json', '{"providers":{}}')
  t.throws(() => readOpenIdSettings(file), KeyFileError)
  t.end()
})
