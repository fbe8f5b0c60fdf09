import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { addressJudge } from '../../../src/adapters/undici/addresses.ts'
import { undiciWebhooks, type WebhookOptions } from '../../../src/adapters/undici/webhooks.ts'

const loopback = [{ address: '127.0.0.1', prefix: 32 }]
const body = Buffer.from('{}')

/** An endpoint on a real socket, and the paths that were asked of it. */
async function endpoint(t: Test, answer: RequestListener, host = '127.0.0.1', at = 0) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    answer(request, response)
  })
  await new Promise<void>(resolve => server.listen(at, host, resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { asked, port, url: `http://${host}:${port}` }
}

function webhooks(t: Test, allow = loopback, options: WebhookOptions = {}) {
  const made = undiciWebhooks(allow, options)
  t.teardown(() => made.close())
  return made
}

t.test('posts the bytes and the headers, and tells the status of the answer', async t => {
  const seen: unknown[] = []
  const { url, asked } = await endpoint(t, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => {
      seen.push(request.headers['content-type'], Buffer.concat(chunks).toString())
      response.writeHead(202).end('received')
    })
  })
  const headers = { 'content-type': 'application/fhir+json' }
  t.same(await webhooks(t).post(`${url}/hook?a=1`, headers, Buffer.from('{"a":1}')), { status: 202 })
  t.same(asked, ['POST /hook?a=1'])
  t.same(seen, ['application/fhir+json', '{"a":1}'])
})

t.test('does not follow a redirect', async t => {
  const inside = await endpoint(t, (_request, response) => response.end())
  const { url } = await endpoint(t, (_request, response) =>
    response.writeHead(307, { location: `${inside.url}/inside` }).end()
  )
  t.same(await webhooks(t).post(url, {}, body), { status: 307 })
  t.same(inside.asked, [])
})

t.test('calls no address of a closed network, however it is written', async t => {
  const { asked, port } = await endpoint(t, (_request, response) => response.end())
  const closed = webhooks(t, [])
  const hosts = ['127.0.0.1', '127.1', '0x7f000001', '2130706433', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::1]']
  for (const host of hosts) t.equal(await closed.post(`http://${host}:${port}/`, {}, body), undefined, host)
  for (const url of ['', 'endpoint', 'file:///etc/passwd', 'ftp://127.0.0.1/', 'http://'])
    t.equal(await closed.post(url, {}, body), undefined, url)
  t.same(asked, [])
  t.same(
    await webhooks(t).post(`http://[::ffff:7f00:1]:${port}/`, {}, body),
    { status: 200 },
    'opened by configuration'
  )
})

t.test('a name is judged by what it resolves to, and called there and nowhere else', async t => {
  const open = await endpoint(t, (_request, response) => response.end())
  const shut = await endpoint(t, (_request, response) => response.end(), '127.0.0.2', open.port)
  const addresses: Record<string, string[]> = {
    'inside.example': ['127.0.0.2'],
    'mapped.example': ['::ffff:127.0.0.2'],
    'both.example': ['127.0.0.2', '127.0.0.1'],
    'strange.example': ['no address']
  }
  let turns = 0
  const resolve = async (hostname: string) => {
    // answers harmlessly once, and with an inner address from then on
    const found = hostname === 'turning.example' ? [turns++ === 0 ? '127.0.0.1' : '127.0.0.2'] : addresses[hostname]
    if (!found) throw new Error('ENOTFOUND')
    return found.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))
  }
  const judged = webhooks(t, loopback, { resolve })
  const post = (name: string) => judged.post(`http://${name}:${open.port}/${name}`, {}, body)
  t.equal(await post('inside.example'), undefined)
  t.equal(await post('mapped.example'), undefined)
  t.equal(await post('strange.example'), undefined)
  t.equal(await post('unknown.example'), undefined)
  t.same(await post('both.example'), { status: 200 })
  t.same(await post('turning.example'), { status: 200 })
  t.equal(turns, 1, 'looked up once: what was judged is what was called')
  t.same(open.asked, ['POST /both.example', 'POST /turning.example'])
  t.same(shut.asked, [])
})

t.test('an endpoint that answers never, without end, too much or not in HTTP holds nothing up', async t => {
  const silent = await endpoint(t, () => undefined)
  const endless = await endpoint(t, (_request, response) => {
    response.writeHead(200)
    response.write('x')
  })
  const large = await endpoint(t, (_request, response) => response.end(Buffer.alloc(4 * 1024 * 1024)))
  const broken = await endpoint(t, request => request.socket.destroy())
  const quick = webhooks(t, loopback, { timeoutMs: 150 })
  const answers = await Promise.all([silent, endless, broken].map(({ url }) => quick.post(url, {}, body)))
  t.same(answers, [undefined, undefined, undefined])
  t.match(await webhooks(t).post(large.url, {}, body), { status: 200 }, 'the status is what counts')
  const gone = await endpoint(t, (_request, response) => response.end())
  t.equal(await quick.post(gone.url.replace(String(gone.port), '1'), {}, body), undefined, 'nobody listens there')
})

t.test('judges addresses by network: private, local and carrying ones are closed', t => {
  const judge = addressJudge([])
  const closed =
    '0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.168.1.1 198.18.0.1 224.0.0.1 ' +
    '255.255.255.255 :: ::1 ::7f00:1 ::ffff:10.0.0.1 ::ffff:a00:1 64:ff9b::a00:1 64:ff9b:1::1 2001::1 2001:db8::1 ' +
    '2002:a00:1:: fc00::1 fdff::1 fe80::1 fe80::1%eth0 fec0::1 ff02::1'
  for (const address of closed.split(' ')) t.equal(judge(address), false, address)
  for (const address of ['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])
    t.equal(judge(address), true, address)
  t.equal(addressJudge([{ address: '10.0.0.0', prefix: 8 }])('10.9.9.9'), true)
  t.equal(addressJudge([{ address: '10.0.0.0', prefix: 8 }])('11.0.0.1'), true, 'a public one needs no opening')
  t.equal(addressJudge([{ address: '10.0.0.0', prefix: 8 }])('192.168.0.1'), false)
  fc.assert(
    fc.property(fc.ipV4(), address => judge(address) === judge(`::ffff:${address}`)),
    { numRuns: 200 }
  )
  t.end()
})
