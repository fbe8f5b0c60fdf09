import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { peerOf, type Tls, tlsOptions } from '../../../src/faces/http/tls.ts'
import { type Certified, certify } from '../../parties/certificates.ts'

const server = await certify({ name: 'gateway' })
const known = await certify({ name: 'known' })
const unknown = await certify({ name: 'unknown' })
const clients = { known, unknown, none: undefined }

/** whose certificate counts on a first connection and on one that takes its session up again */
async function peers(
  t: Test,
  clientCa: Tls['clientCa'],
  client: Certified | undefined,
  maxVersion: 'TLSv1.2' | 'TLSv1.3'
) {
  const seen: unknown[] = []
  const listening = createServer(tlsOptions({ key: server.key, cert: server.cert, clientCa }), ({ socket }, answer) => {
    const der = peerOf(socket, { clientCa })
    const name = Object.entries(clients).find(([, each]) => der && each && Buffer.from(each.der).equals(der))?.[0]
    seen.push([(socket as TLSSocket).isSessionReused(), name])
    answer.end()
  })
  t.teardown(() => listening.close())
  await new Promise<void>(resolve => listening.listen(0, '127.0.0.1', resolve))
  const { port } = listening.address() as AddressInfo
  const call = (session: Buffer | undefined) =>
    new Promise<Buffer>((resolve, reject) => {
      let fresh = Buffer.alloc(0)
      const shown = client && { cert: client.cert, key: client.key }
      const socket = connect({
        host: '127.0.0.1',
        port,
        ca: server.cert,
        maxVersion,
        ...(session && { session }),
        ...shown
      })
      socket.on('session', given => {
        fresh = given
      })
      socket
        .on('error', reject)
        .on('end', () => resolve(fresh))
        .resume()
      socket.write('GET / HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n')
    })
  await call(await call(undefined))
  return seen
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(`a session that is taken up again has the certificate that it began with (${version})`, async t => {
    const twice = (name: string | undefined) => [
      [false, name],
      [true, name]
    ]
    t.same(await peers(t, undefined, known, version), twice('known'))
    t.same(await peers(t, undefined, unknown, version), twice('unknown'), 'whoever issued it')
    t.same(await peers(t, undefined, undefined, version), twice(undefined))
    t.same(await peers(t, [known.cert], known, version), twice('known'))
    t.same(await peers(t, [known.cert], unknown, version), twice(undefined), 'none of the authorities')
    t.same(await peers(t, [known.cert], undefined, version), twice(undefined))
  })
}
