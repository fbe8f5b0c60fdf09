import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { testRoots } from '../../fixtures/test-keys.ts'
import { CertificateAuthority } from './certificate-authority.ts'

/** openssl judges what the authority gives: it is on every system that these tests run on, and they fail where it is not. */
const folder = t.testdir()
const file = (name: string, bytes: Uint8Array | string): string => {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}
const pem = (der: Uint8Array, what = 'CERTIFICATE') =>
  `-----BEGIN ${what}-----\n${Buffer.from(der).toString('base64').replace(/.{64}/gu, '$&\n')}\n-----END ${what}-----\n`
const openssl = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8' })
  return { status, said: stdout + stderr }
}

const authority = await CertificateAuthority.start({ hasResponder: true })
t.teardown(() => authority.close())
const shinkai = await authority.certify('physician-990101', '新海 志保', '990101')
const other = await authority.certify('physician-990303', '羽生田 律', '990303')
const [leaf, intermediate] = shinkai.map(base64 => Buffer.from(base64, 'base64')) as [Buffer, Buffer]
const root = file('root.pem', pem(testRoots()[0]!))
const middle = file('intermediate.pem', pem(intermediate))
const leafFile = file('leaf.pem', pem(leaf))
const get = async (path: string) => Buffer.from(await (await fetch(`${authority.url}${path}`)).arrayBuffer())

t.test('openssl follows its certificates and checks them against its lists', async t => {
  const verify = async () => {
    const lists = file(
      'lists.pem',
      pem(await get('/users.crl'), 'X509 CRL') + pem(await get('/authorities.crl'), 'X509 CRL')
    )
    return openssl(
      ...[
        'verify',
        '-x509_strict',
        '-crl_check_all',
        '-CRLfile',
        lists,
        '-CAfile',
        root,
        '-untrusted',
        middle,
        leafFile
      ]
    )
  }
  const first = await verify()
  t.equal(first.status, 0, first.said)
  authority.revoke(other)
  t.match(await verify(), { status: 0 }, 'another is revoked')
  const crl = openssl('crl', '-inform', 'DER', '-noout', '-text', '-in', file('users.crl', await get('/users.crl')))
  t.match(crl, { status: 0, said: /Serial Number: 5002/u })
})

t.test('openssl asks its responder and believes the answer', async t => {
  // this process waits while openssl runs, so openssl only makes the request and judges the answer
  const made = openssl(
    'ocsp',
    '-issuer',
    middle,
    '-cert',
    leafFile,
    '-no_nonce',
    '-reqout',
    join(folder, 'request.der')
  )
  t.equal(made.status, 0, made.said)
  const answer = async () => {
    const body = readFileSync(join(folder, 'request.der'))
    const response = await fetch(`${authority.url}/ocsp`, { method: 'POST', body })
    const kept = file('response.der', Buffer.from(await response.arrayBuffer()))
    return openssl(
      ...['ocsp', '-respin', kept, '-issuer', middle, '-cert', leafFile, '-CAfile', root, '-verify_other', middle]
    )
  }
  t.match(await answer(), { status: 0, said: /: good[\s\S]*Response verify OK/u })
  authority.revoke(shinkai, undefined, 1)
  t.match(await answer(), { status: 0, said: /: revoked[\s\S]*keyCompromise[\s\S]*Response verify OK/u })
})

t.test('says nothing of what it did not give, and nothing at all when it is down', async t => {
  t.equal((await fetch(`${authority.url}/else`)).status, 404)
  const strange = await fetch(`${authority.url}/ocsp`, { method: 'POST', body: 'x' })
  t.same(Buffer.from(await strange.arrayBuffer()), Buffer.from('30030a0106', 'hex'), 'unauthorized (6)')
  t.equal((await fetch(`${authority.url}/ocsp`, { method: 'POST', body: 'x'.repeat(5000) })).status, 413)
  authority.isDown = true
  t.equal((await fetch(`${authority.url}/users.crl`)).status, 503)
})
