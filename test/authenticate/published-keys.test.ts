import t from 'tap'
import type { FetchedKeySet } from '../../src/authenticate/ports.ts'
import { PublishedKeys } from '../../src/authenticate/published-keys.ts'

const url = 'https://hr.example/jwks'
const minute = 60
const hour = 3600

const setOf = (...kids: readonly string[]): string => JSON.stringify({ keys: kids.map(kid => ({ kty: 'EC', kid })) })

/** A server whose document a test changes, and what was asked of it. */
function published(limit?: number) {
  const server: { document: string | undefined; maxAge?: number } = { document: setOf('a') }
  const asked: string[] = []
  const keys = new PublishedKeys(
    {
      async fetch(at): Promise<FetchedKeySet | undefined> {
        asked.push(at)
        await new Promise(resolve => setImmediate(resolve))
        const { document, maxAge } = server
        return document === undefined ? undefined : { body: Buffer.from(document), maxAgeSeconds: maxAge }
      }
    },
    limit
  )
  /** @param at seconds */
  const kids = async (at: number, kid = 'a', from = url) =>
    (await keys.keysAt(from, kid, at * 1000)).keys.map(key => key.kid)
  const settled = () => new Promise(resolve => setTimeout(resolve, 5))
  return { server, asked, keys, kids, settled }
}

t.test('keys are fetched when they are first asked for, and kept for as long as their server says', async t => {
  const { server, asked, kids } = published()
  t.same(await kids(0), ['a'])
  server.document = setOf('b')
  t.same(await kids(3.9 * minute), ['a'], 'five minutes where it says nothing')
  t.equal(asked.length, 1)
  t.same(await kids(5 * minute), ['b'])
  for (const [maxAge, holds] of [
    [0, minute],
    [90, 90],
    [10 * hour, hour]
  ] as const) {
    const { server, asked, kids } = published()
    server.maxAge = maxAge
    await kids(0)
    await kids(holds * 0.79)
    t.equal(asked.length, 1, `${maxAge} s`)
    server.document = setOf('a', 'b')
    t.same(await kids(holds), ['a', 'b'])
  }
})

t.test('they are fetched anew in the background before their time is over', async t => {
  const { server, asked, kids, settled } = published()
  await kids(0)
  server.document = setOf('a', 'b')
  t.same(await kids(4 * minute), ['a'], 'nobody waits for it')
  await settled()
  t.equal(asked.length, 2)
  t.same(await kids(4 * minute), ['a', 'b'])
  t.same(await kids(7 * minute), ['a', 'b'])
  t.equal(asked.length, 2)
})

t.test('an unknown key is looked for at once, but strangers drive no fetches', async t => {
  const { server, asked, kids } = published()
  await kids(0)
  server.document = setOf('a', 'b')
  t.same(await kids(29, 'b'), ['a'], 'not twice within thirty seconds')
  t.same(await kids(30, 'b'), ['a', 'b'])
  for (let at = 30; at < 60; at++) await kids(at, `made-up-${at}`)
  t.equal(asked.length, 2)
  await kids(60, 'made-up')
  t.equal(asked.length, 3)
})

t.test(
  'a clock that was a day ahead and is right again keeps no key that was withdrawn, nor a new one out',
  async t => {
    const { server, kids } = published()
    await kids(25 * hour)
    server.document = setOf('b')
    t.same(await kids(hour, 'b'), ['b'])
    const away = published()
    await away.kids(25 * hour)
    away.server.document = undefined
    t.same(await away.kids(hour, 'a'), [], 'also where the server is away')
  }
)

t.test('those who ask together wait for one fetch', async t => {
  const { asked, kids } = published()
  const all = await Promise.all(Array.from({ length: 50 }, () => kids(0)))
  t.ok(all.every(([kid]) => kid === 'a'))
  t.equal(asked.length, 1)
})

t.test('a key that is withdrawn ends with the next fetch, and an hour later where none succeeds', async t => {
  const { server, kids } = published()
  await kids(0)
  server.document = setOf('b')
  t.same(await kids(5 * minute), ['b'])
  server.document = undefined
  t.same(await kids(20 * minute, 'b'), ['b'], 'the server is gone for a while')
  t.same(await kids(65 * minute - 1, 'b'), ['b'])
  t.same(await kids(65 * minute, 'b'), [])
  server.document = setOf()
  t.same(await kids(66 * minute, 'b'), [], 'a set without keys is one')
})

t.test('a failure is remembered for thirty seconds', async t => {
  const { server, asked, kids } = published()
  server.document = undefined
  t.same(await kids(0), [])
  server.document = setOf('a')
  t.same(await kids(29), [])
  t.equal(asked.length, 1)
  t.same(await kids(30), ['a'])
})

t.test('what is no set of at most twenty keys is a failure, also where there was one', async t => {
  const { server, kids } = published()
  await kids(0)
  const many = setOf(...Array.from({ length: 21 }, (_, index) => `k${index}`))
  const broken = ['', '[]', '{}', '{"keys":{}}', '{"keys":[1]}', '{"keys":[null]}', '{"keys":[],"keys":[]}', many]
  for (const [index, document] of broken.entries()) {
    server.document = document
    t.same(await kids((index + 5) * minute), ['a'], document.slice(0, 40))
  }
})

t.test('the same document stays the same set, so that its keys are read once', async t => {
  const { server, keys } = published()
  const first = await keys.keysAt(url, 'a', 0)
  t.equal(await keys.keysAt(url, 'a', 5 * minute * 1000), first)
  server.document = setOf('a', 'b')
  t.not(await keys.keysAt(url, 'a', 10 * minute * 1000), first)
})

t.test('no more addresses are remembered than may be, the latest used ones', async t => {
  const { asked, kids } = published(2)
  for (const host of ['x', 'y', 'x', 'z', 'x', 'z']) await kids(0, 'a', host)
  t.same(asked, ['x', 'y', 'z'])
  await kids(0, 'a', 'y')
  t.same(asked, ['x', 'y', 'z', 'y'])
})

t.test('no more fetches are under way at once than may be', async t => {
  let open = 0
  let most = 0
  const keys = new PublishedKeys({
    async fetch() {
      most = Math.max(most, ++open)
      await new Promise(resolve => setTimeout(resolve, 1))
      open--
      return undefined
    }
  })
  await Promise.all(Array.from({ length: 200 }, (_, index) => keys.keysAt(`https://x/${index}`, 'a', 0)))
  t.equal(most, 32)
})
