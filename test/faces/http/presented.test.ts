import t from 'tap'
import { type Arrived, presentedBy } from '../../../src/faces/http/presented.ts'
import { inNetworks } from '../../../src/standards/networks.ts'

const isProxy = inNetworks([
  { address: '10.0.0.0', prefix: 8 },
  { address: 'fd00::', prefix: 8 }
])
const der = new Uint8Array([1])
const arrived = (address: string, ...rawHeaders: readonly string[]): Arrived => ({
  method: 'GET',
  target: '/fhir/Bundle?x=1',
  address,
  peer: der,
  rawHeaders
})
const behind = (address: string, ...lists: readonly string[]) =>
  presentedBy(arrived(address, ...lists.flatMap(list => ['X-Forwarded-For', list])), isProxy).address

t.test('two fields of one name are seen as two, however they are written', async t => {
  const headers = ['Authorization', 'a', 'DPoP', 'b', 'host', 'h', 'AUTHORIZATION', 'c', 'dpop', 'd']
  const { authorization, dpop, method, target } = presentedBy(arrived('192.0.2.1', ...headers), isProxy)
  t.same({ authorization, dpop }, { authorization: ['a', 'c'], dpop: ['b', 'd'] })
  t.same({ method, target }, { method: 'GET', target: '/fhir/Bundle?x=1' })
})

t.test('a certificate is that of the connection, of a trusted proxy what it says', async t => {
  const said = ['Client-Cert', ':AQ==:']
  const certificate = (address: string, ...headers: readonly string[]) =>
    presentedBy(arrived(address, ...headers), isProxy).certificate
  t.same(certificate('192.0.2.1', ...said), { by: 'tls', der }, 'the header of anyone else is nothing')
  t.same(certificate('10.0.0.1', ...said), { by: 'proxy', fields: [':AQ==:'] })
  t.same(certificate('::ffff:10.0.0.1', ...said, ...said), { by: 'proxy', fields: [':AQ==:', ':AQ==:'] })
  t.equal(certificate('10.0.0.1'), undefined, "a proxy's own certificate is nobody's")
  t.equal(presentedBy({ ...arrived('192.0.2.1', ...said), peer: undefined }, isProxy).certificate, undefined)
  t.equal(presentedBy(arrived('10.0.0.1', ...said), () => false).certificate?.by, 'tls')
})

t.test('an address is that of the connection, behind trusted proxies the nearest that is none', async t => {
  t.equal(behind('192.0.2.1', '203.0.113.9'), '192.0.2.1', 'whoever it says it speaks for')
  t.equal(behind('10.0.0.1', '203.0.113.9'), '203.0.113.9')
  t.equal(behind('10.0.0.1', '127.0.0.1, 203.0.113.9'), '203.0.113.9', 'what stands before it, the client wrote')
  t.equal(behind('10.0.0.1', '203.0.113.9, 10.9.9.9', 'fd00::7'), '203.0.113.9')
  t.equal(behind('::ffff:10.0.0.1', '::ffff:203.0.113.9'), '203.0.113.9')
  t.equal(behind('fd00::1', '2001:db8::1'), '2001:db8::1')
  t.equal(behind('10.0.0.1'), '10.0.0.1', 'a proxy that does not say')
  for (const no of ['unknown', '203.0.113.9:4711', '<script>', '', '203.0.113.9,'])
    t.equal(behind('10.0.0.1', no), '10.0.0.1', no)
})

t.test('knows networks of both kinds, and nothing that is no address', async t => {
  for (const inside of ['10.255.0.1', '::ffff:10.1.2.3', 'fd12::1']) t.ok(isProxy(inside), inside)
  for (const outside of ['11.0.0.1', 'fe80::1', 'fd12::1%eth0', '', '10.0.0.1 ', 'proxy', '::10.0.0.1']) {
    t.notOk(isProxy(outside), outside)
  }
  t.notOk(inNetworks([])('10.0.0.1'))
})
