import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { type KeySetOptions, undiciKeySets } from '../../../src/adapters/undici/key-sets.ts'

const loopback = [{ address: '127.0.0.1', prefix: 32 }]

async function server(t: Test, answer: RequestListener) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    answer(request, response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json` }
}

function keySets(t: Test, allow = loopback, options: KeySetOptions = {}) {
  const made = undiciKeySets(allow, options)
  t.teardown(() => made.close())
  return made
}

t.test('fetches the bytes, of whatever type, and how long they hold', async t => {
  const headers: Record<string, string>[] = [
    { 'content-type': 'application/jwk-set+json', 'cache-control': 'public, Max-Age=120' },
    { 'content-type': 'text/plain', 'cache-control': 'max-age="60"' },
    { 'cache-control': 'no-store, max-age=60' },
    { 'cache-control': 'private' },
    {}
  ]
  let call = 0
  const { url, asked } = await server(t, (_request, response) => response.writeHead(200, headers[call++]).end('{}'))
  const found = []
  for (const _ of headers) found.push(await keySets(t).fetch(url))
  t.same(
    found.map(each => each?.maxAgeSeconds),
    [120, 60, 0, undefined, undefined]
  )
  t.equal(Buffer.from(found[0]!.body).toString(), '{}')
  t.equal(asked[0], 'GET /jwks.json')
})

t.test(
  'takes nothing but a whole answer of its own: no redirect, no error, nothing compressed, long or slow',
  async t => {
    const inside = await server(t, (_request, response) => response.end('{}'))
    const refused = async (title: string, answer: RequestListener, options: KeySetOptions = {}) =>
      t.equal(await keySets(t, loopback, options).fetch((await server(t, answer)).url), undefined, title)
    for (const status of [301, 302, 303, 307, 308])
      await refused(`${status}`, (_, response) => response.writeHead(status, { location: inside.url }).end('{}'))
    t.same(inside.asked, [])
    for (const status of [201, 204, 404, 500])
      await refused(`${status}`, (_, response) => response.writeHead(status).end())
    await refused('gzip', (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{}')))
    await refused('long', (_, response) => response.end(Buffer.alloc(64 * 1024 + 1, ' ')))
    await refused('endless', (_, response) => {
      const timer = setInterval(() => response.write(Buffer.alloc(16 * 1024, ' ')), 1)
      response.on('close', () => clearInterval(timer))
    })
    await refused('silent', () => undefined, { timeoutMs: 50 })
    await refused('never done', (_, response) => void response.write('{'), { timeoutMs: 50 })
    await refused('broken off', (_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{')
      setTimeout(() => response.destroy(), 5)
    })
    const whole = await server(t, (_, response) => response.end(Buffer.alloc(64 * 1024, ' ')))
    t.equal((await keySets(t).fetch(whole.url))?.body.byteLength, 64 * 1024, 'the longest')
  }
)

t.test('calls no closed network, by name or number', async t => {
  const { url, asked } = await server(t, (_request, response) => response.end('{}'))
  t.equal(await keySets(t, []).fetch(url), undefined)
  const named = url.replace('127.0.0.1', 'keys.example')
  const resolve = async () => [{ address: '127.0.0.1', family: 4 }]
  t.equal(await keySets(t, [], { resolve }).fetch(named), undefined, 'a name that leads there')
  for (const text of ['', 'file:///etc/passwd', 'https://']) t.equal(await keySets(t).fetch(text), undefined)
  t.same(asked, [])
  t.ok(await keySets(t, loopback, { resolve }).fetch(named), 'opened by configuration')
})
