import { createHash } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { undiciTimestamps } from '../../../src/adapters/undici/timestamps.ts'
import { timestampRequest } from '../../../src/signature/timestamp/request.ts'
import { TimeStampingAuthority } from '../../parties/time-stamping-authority.ts'

const loopback = [{ address: '127.0.0.1', prefix: 32 }]
const query = timestampRequest({ imprint: createHash('sha256').update('a').digest(), nonce: Buffer.alloc(16, 1) })
const type = { 'content-type': 'application/timestamp-reply' }

async function served(t: Test, answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/tsa`
}

async function asked(t: Test, url: string, allow = loopback, timeoutMs = 5000): Promise<Uint8Array | undefined> {
  const service = undiciTimestamps(url, allow, { timeoutMs })
  t.teardown(() => service.close())
  return service.ask(query)
}

t.test('hands the query on and takes the reply', async t => {
  const authority = await TimeStampingAuthority.start()
  t.teardown(() => authority.close())
  t.ok((await asked(t, authority.url))!.length > 1000)
  t.equal(authority.stamped.length, 1)
})

t.test('takes nothing else for a reply, and never rejects', async t => {
  const nothing = async (title: string, answer: RequestListener, timeoutMs?: number) =>
    t.equal(await asked(t, await served(t, answer), loopback, timeoutMs), undefined, title)
  await nothing('another type', (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('hello'))
  await nothing('no type', (_, response) => response.writeHead(200).end('hello'))
  await nothing('an error with the right type', (_, response) => response.writeHead(500, type).end('x'))
  await nothing('more than 64 KiB', (_, response) => response.writeHead(200, type).end(Buffer.alloc(64 * 1024 + 1)))
  await nothing('cut off', (_, response) => {
    response.writeHead(200, { ...type, 'content-length': '10' }).write('x')
    setTimeout(() => response.destroy(), 20)
  })
  await nothing('a reply that does not end', (_, response) => void response.writeHead(200, type).write('x'), 200)
  const there = await served(t, (_, response) => response.writeHead(200, type).end('x'))
  await nothing('a redirect', (_, response) => response.writeHead(307, { ...type, location: there }).end())
  const whole = await served(t, (_, response) => response.writeHead(200, type).end(Buffer.alloc(64 * 1024)))
  t.equal((await asked(t, whole))?.length, 64 * 1024)
  t.equal(await asked(t, there, []), undefined, 'an inner address that is not opened')
  t.equal(await asked(t, 'http://127.0.0.1:1/tsa'), undefined, 'nobody there')
})
