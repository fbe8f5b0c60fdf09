import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { chainOf, testAnchors, trustFolder } from '../../fixtures/test-keys.ts'
import { certificateCheck } from '../../src/signature/certificates.ts'
import { revocationCheck } from '../../src/signature/revocation/check.ts'
import { evidenceSource, revocationDataIn } from '../../src/signature/revocation/evidence.ts'

/**
 * Each committed chain of a physician, judged by this gateway and by `openssl verify`. openssl is on every system that these tests run
 * on; where it is missing they fail.
 */
const signedAt = Date.parse('2026-09-10T02:25:00Z')
const policy = '1.2.392.100495.1.5.1.1.0.1'
const folder = t.testdir()
const lists = join(trustFolder, '../revocation')

/** What openssl is not asked, or cannot be, so that it says yes where the gateway says no. */
const notAsked: Readonly<Record<string, string>> = {
  'physician-990101-as-authority': 'whether an authority may sign documents',
  'physician-990101-role':
    'what the holder is (hcRole): it is refused when the document is known, as are name and number',
  'physician-990101-revoked-after': 'whether a revocation came before the signature: any revocation counts'
}

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

function openssl(chain: string, more: readonly string[] = [], at = signedAt): { yes: boolean; said: string } {
  const { pem } = chainOf(chain)
  const leaf = file('leaf.pem', pem[0]!)
  // a file of untrusted certificates must not be empty
  const roots = join(trustFolder, 'roots.pem')
  const others = file('others.pem', `${pem.slice(1).join('\n')}\n${readFileSync(roots, 'utf8')}`)
  const { status, stdout, stderr } = spawnSync(
    'openssl',
    [
      ...[
        'verify',
        '-x509_strict',
        '-purpose',
        'smimesign',
        '-auth_level',
        '2',
        '-CAfile',
        roots,
        '-untrusted',
        others
      ],
      ...['-policy', policy, '-explicit_policy', '-attime', String(at / 1000), ...more, leaf]
    ],
    { encoding: 'utf8' }
  )
  // 0: it is trusted, 2: it is not; anything else would be no answer
  if (status !== 0 && status !== 2) throw new Error(`openssl ended with ${status}: ${stderr}`)
  return { yes: status === 0, said: `${stdout}${stderr}` }
}

const check = certificateCheck(testAnchors())
const chains = readdirSync(join(trustFolder, '../certificates'))
  .filter(name => name.startsWith('physician-'))
  .map(name => name.slice(0, -'.pem'.length))

/** what openssl calls the fault that the fixture was made for */
const faults: Readonly<Record<string, RegExp>> = {
  'by-no-authority': /invalid CA certificate/u,
  'critical-extension': /unhandled critical extension/u,
  expired: /certificate has expired/u,
  'key-usage': /unsuitable certificate purpose/u,
  'not-yet-valid': /certificate is not yet valid/u,
  'path-too-long': /path length constraint exceeded/u,
  policy: /no explicit policy/u,
  untrusted: /unable to get local issuer certificate/u,
  'weak-hash': /signature digest algorithm too weak/u
}

t.test('openssl verify agrees on every path', async t => {
  t.ok(chains.length >= 20, `${chains.length} chains`)
  for (const chain of chains) {
    const answer = await check(chainOf(chain).x5c, signedAt)
    const { yes, said } = openssl(chain)
    const story = chain.slice('physician-990101-'.length)
    const isOurs = answer.kind === 'trusted'
    if (chain === 'physician-990101-as-authority') t.ok(yes && !isOurs, `${chain}: not asked ${notAsked[chain]}`)
    else t.equal(yes, isOurs, `${chain}: ${said}`)
    if (!yes) t.match(said, faults[story], `${chain}: for the same reason`)
    if (!isOurs && answer.kind !== 'malformed') t.type(answer.why, 'string')
  }
})

t.test('openssl verify agrees on what the lists revoke', async t => {
  const crlFile = (name: string): string => {
    const made = join(folder, `${name}.pem`)
    const { status } = spawnSync('openssl', ['crl', '-inform', 'DER', '-in', join(lists, name), '-out', made])
    t.equal(status, 0, name)
    return readFileSync(made, 'utf8')
  }
  const stories = ['not-revoked', 'revoked-before', 'revoked-after']
  for (const [name, at] of [
    ['test-intermediate-2026.crl', signedAt],
    ['test-intermediate.crl', Date.parse('2027-07-02T00:00:00Z')]
  ] as const) {
    const crls = file('crls.pem', crlFile(name) + crlFile('test-root.crl'))
    const data = [name, 'test-root.crl'].map(each => revocationDataIn(readFileSync(join(lists, each)))!)
    for (const story of stories) {
      const chain = `physician-990101-${story}`
      const answer = await check(chainOf(chain).x5c, signedAt)
      if (answer.kind !== 'trusted') throw new TypeError(answer.why)
      const times = { signedAt: at, provenAt: undefined, now: at }
      const { status } = await revocationCheck(evidenceSource(data))(answer.path, times)
      const { yes, said } = openssl(chain, ['-crl_check_all', '-CRLfile', crls], at)
      t.equal(yes ? 'good' : 'revoked', status, `${chain} by ${name}: ${said}`)
      if (!yes) t.match(said, /certificate revoked/u)
      const proven = await revocationCheck(evidenceSource(data))(answer.path, { ...times, provenAt: signedAt })
      const differs = proven.status !== status
      t.equal(differs, name === 'test-intermediate.crl' && chain in notAsked, `${chain}: ${notAsked[chain] ?? 'asked'}`)
    }
  }
})
