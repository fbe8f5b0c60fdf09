import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { sign, verifySignature } from '../../src/standards/jws.ts'
import {
  disclosureDigest,
  elementDisclosure,
  formatSdJwt,
  memberDisclosure,
  openClaims,
  parseSdJwt,
  readDisclosure,
  SdJwtError
} from '../../src/standards/sd-jwt.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rules = { algorithms: ['ES256'] } as const
const salt = Buffer.alloc(16, 7)

const token = (payload: unknown, disclosures: readonly string[] = []): string =>
  formatSdJwt(sign({ alg: 'ES256', typ: 'x+sd-jwt' }, Buffer.from(JSON.stringify(payload)), privateKey), disclosures)
const opened = (payload: unknown, disclosures: readonly string[] = []): unknown =>
  openClaims(parseSdJwt(token(payload, disclosures), rules))
const raw = (parts: unknown): string => Buffer.from(JSON.stringify(parts)).toString('base64url')
const element = (disclosure: string) => ({ '...': disclosureDigest(disclosure) })

t.test('disclosures and digests of RFC 9901 sections 4.2.1 to 4.2.3', async t => {
  const member = 'WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0'
  t.same(readDisclosure(member), { salt: '_26bc4LT-ac6q2KI6cBW5es', name: 'family_name', value: 'Möbius' })
  t.equal(disclosureDigest(member), 'X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0')
  const french = 'WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0'
  t.same(readDisclosure(french), { salt: 'lklxF5jMYlGTPUovMNIvCA', name: undefined, value: 'FR' })
  t.equal(disclosureDigest(french), 'w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs')
})

t.test('what is disclosed is there, what is not is absent', async t => {
  const name = memberDisclosure(salt, 'name', '山田')
  const first = elementDisclosure(salt, { linkId: '1', answer: [{ valueString: '○○' }] })
  const second = elementDisclosure(salt, 'second')
  const inner = memberDisclosure(salt, 'inner', [1, 2])
  const outer = memberDisclosure(salt, 'outer', { clear: true, _sd: [disclosureDigest(inner)] })
  const payload = {
    iss: 'https://author.example',
    _sd_alg: 'sha-256',
    _sd: [name, outer, 'decoy'].map(disclosureDigest),
    item: [element(first), 'clear', element(second), element('decoy too')]
  }
  const iss = 'https://author.example'
  t.same(opened(payload), { iss, item: ['clear'] })
  t.same(opened(payload, [second, name]), { iss, name: '山田', item: ['clear', 'second'] })
  t.same(opened(payload, [first, second, name, outer, inner]), {
    iss,
    name: '山田',
    outer: { clear: true, inner: [1, 2] },
    item: [{ linkId: '1', answer: [{ valueString: '○○' }] }, 'clear', 'second']
  })
  t.throws(() => opened(payload, [inner]), SdJwtError, 'nothing without what it is in')
})

t.test('the signature is over the JWS whatever is disclosed', async t => {
  const one = memberDisclosure(salt, 'one', 1)
  const { jws } = parseSdJwt(token({ _sd: [disclosureDigest(one)] }, [one]), rules)
  t.ok(verifySignature('ES256', jws.signingInput, jws.signature, publicKey))
})

t.test('everything that RFC 9901 section 7.1 refuses is refused', async t => {
  const one = memberDisclosure(salt, 'one', 1)
  const list = elementDisclosure(salt, 1)
  const digest = disclosureDigest(one)
  const cases: Readonly<Record<string, () => unknown>> = {
    'a disclosure of nothing that was signed': () => opened({ b: 1 }, [one]),
    'a disclosure comes twice': () => opened({ _sd: [digest] }, [one, one]),
    'a digest comes twice': () => opened({ _sd: [digest, digest] }),
    'a digest comes twice, in two places': () => opened({ x: { _sd: [digest] }, y: [{ '...': digest }] }),
    'a claim that is there already': () => opened({ one: 2, _sd: [digest] }, [one]),
    'a member among elements': () => opened({ l: [{ '...': digest }] }, [one]),
    'an element among members': () => opened({ _sd: [disclosureDigest(list)] }, [list]),
    'more than a digest in the place of an element': () => opened({ l: [{ '...': digest, x: 1 }] }),
    'a name in the wrong place': () => opened({ '...': digest }),
    'a name in the wrong place, within': () => opened({ a: { _sd_alg: 'sha-256' } }),
    '_sd is no list': () => opened({ _sd: digest }),
    'a digest is no text': () => opened({ _sd: [1] }),
    'a digest is no text, as element': () => opened({ l: [{ '...': null }] }),
    'another hash than sha-256': () => opened({ _sd_alg: 'sha-512', _sd: [digest] }),
    'the payload is no object': () => opened([1]),
    'JSON: duplicate-key': () => {
      const text = Buffer.from('["s",{"a":1,"a":2}]').toString('base64url')
      return opened({ l: [element(text)] }, [text])
    },
    'a disclosure is not base64url': () => opened({ _sd: [disclosureDigest('a=b')] }, ['a=b']),
    'no ~': () => parseSdJwt(token({}).replaceAll('~', ''), rules),
    'bound to a key': () => parseSdJwt(`${token({})}${token({}).slice(0, -1)}`, rules),
    'an empty disclosure': () => parseSdJwt(`${token({})}~`, rules),
    'too deep': () => {
      let value: unknown = 1
      let last = raw(['s', value])
      const all = [last]
      for (let i = 0; i < 40; i++) {
        value = [element(last)]
        last = raw(['s', value])
        all.push(last)
      }
      return opened({ l: [element(last)] }, all)
    }
  }
  for (const [why, refused] of Object.entries(cases)) {
    t.throws(refused, { name: 'SdJwtError', message: why.split(',')[0]! }, why)
  }
  for (const parts of [
    ['s', '_sd', 1],
    ['s', '...', 1],
    ['s', '__proto__', 1],
    ['s', 1, 1],
    ['s'],
    [1, 2],
    ['s', 'a', 1, 2],
    's'
  ]) {
    const bad = raw(parts)
    t.throws(() => opened({ _sd: [disclosureDigest(bad)] }, [bad]), SdJwtError, JSON.stringify(parts))
  }
  t.throws(() => parseSdJwt(token({}), { algorithms: ['ES384'] }), { name: 'JwsError' })
  t.throws(() => memberDisclosure(salt, '_sd', 1), TypeError, 'nor is any such made')
})

t.test('any claims, disclosed in any part, open to what was disclosed', async t => {
  const claims = fc.dictionary(
    fc.string({ minLength: 1 }).filter(name => !['_sd', '...', '__proto__', '_sd_alg', 'item'].includes(name)),
    fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
    { maxKeys: 8 }
  )
  fc.assert(
    fc.property(claims, fc.array(fc.string()), fc.func(fc.boolean()), (members, items, isDisclosed) => {
      const salted = (index: number) => Buffer.alloc(16, index)
      const named = Object.entries(members).map(([name, value], i) => ({
        name,
        value,
        disclosure: memberDisclosure(salted(i), name, value)
      }))
      const listed = items.map((value, i) => ({ value, disclosure: elementDisclosure(salted(i), value) }))
      const payload = {
        _sd: named.map(({ disclosure }) => disclosureDigest(disclosure)),
        item: listed.map(({ disclosure }) => element(disclosure))
      }
      const shown = [...named, ...listed].filter(({ disclosure }) => isDisclosed(disclosure))
      const wanted = {
        ...Object.fromEntries(named.filter(each => shown.includes(each)).map(({ name, value }) => [name, value])),
        item: listed.filter(each => shown.includes(each)).map(({ value }) => value)
      }
      const disclosures = shown.map(({ disclosure }) => disclosure)
      t.strictSame(opened(payload, disclosures), wanted)
    }),
    { numRuns: 200 }
  )
})
