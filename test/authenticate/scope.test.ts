import fc from 'fast-check'
import t from 'tap'
import { covers, parseScope, splitScopes } from '../../src/authenticate/scope.ts'

t.test('reads system scopes of SMART v2 and nothing else', async t => {
  t.same(parseScope('system/DocumentReference.rs'), { resource: 'DocumentReference', interactions: 'rs' })
  t.same(parseScope('system/*.cruds'), { resource: '*', interactions: 'cruds' })
  const others = [
    'system/DocumentReference',
    'system/DocumentReference.',
    'system/DocumentReference.sr',
    'system/DocumentReference.rr',
    'system/DocumentReference.rs ',
    'system/DocumentReference.rs\n',
    'system/DocumentReference.rs?type=x',
    'system/DocumentReference.read',
    'system/documentReference.r',
    'patient/Consent.r',
    'system/Consent*.r',
    'system/*',
    ''
  ]
  for (const other of others) t.equal(parseScope(other), undefined, other)
})

t.test('a scope covers what is asked, several may do so together, a wildcard covers every resource', async t => {
  const scopes = new Set(['system/Bundle.c', 'system/Bundle.r', 'system/Consent.rs', 'openid'])
  for (const needed of ['system/Bundle.c', 'system/Bundle.cr', 'system/Consent.s']) t.ok(covers(scopes, needed), needed)
  for (const needed of ['system/Bundle.crs', 'system/List.r', 'system/*.r', 'openid', '']) {
    t.notOk(covers(scopes, needed), needed)
  }
  t.ok(covers(['system/*.rs'], 'system/List.r'))
  t.ok(covers(['system/*.rs'], 'system/*.s'))
  t.notOk(covers(['system/*.rs'], 'system/List.rd'))
  t.notOk(covers([], 'system/List.r'))
})

t.test('splits a scope parameter at its spaces, each scope once', async t => {
  t.same(splitScopes(' a b  a '), ['a', 'b'])
  t.same(splitScopes(''), [])
})

const scope = fc
  .tuple(fc.constantFrom('*', 'Bundle', 'Consent'), fc.subarray([...'cruds'], { minLength: 1 }))
  .map(([resource, letters]) => `system/${resource}.${letters.join('')}`)

t.test('covers exactly those interactions that some scope names', async () => {
  fc.assert(
    fc.property(fc.array(scope), scope, (scopes, needed) => {
      const { resource, interactions } = parseScope(needed)!
      const each = [...interactions].every(letter =>
        scopes.some(text => {
          const one = parseScope(text)!
          return (one.resource === '*' || one.resource === resource) && one.interactions.includes(letter)
        })
      )
      return covers(scopes, needed) === each
    })
  )
})
