import { BlockList, isIPv6 } from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import { networkOf } from '../../../src/journeys/access/network-of.ts'
import { RefusalRecorder } from '../../../src/journeys/access/record-refusal.ts'
import { Refusal } from '../../../src/outcome/refusal.ts'
import { accessSetting, at, callerOf } from './setting.ts'

const call = (address = '192.0.2.7') => ({ request: 'r-1', at, address })

interface Counted {
  readonly reason: string
  readonly network: string
  readonly count: string
}

function countOf({ event }: { event: Record<string, unknown> }): Counted {
  const { outcomeDesc, agent, entity } = event as {
    outcomeDesc: string
    agent: { network: { address: string; type?: string } }[]
    entity: { detail?: { type: string; valueString: string }[] }[]
  }
  const { address, type } = agent[0]!.network
  const count = entity.flatMap(({ detail }) => detail ?? []).find(detail => detail.type === 'count')!.valueString
  return { reason: outcomeDesc, network: `${address}${type === undefined ? '' : ` type ${type}`}`, count }
}

t.test('a refusal to a known caller is in the log when it is answered', async t => {
  const { parts, records } = await accessSetting(t)
  const recorder = new RefusalRecorder(parts)
  await recorder.record(new Refusal('role-not-allowed'), call(), callerOf())
  const [record] = await records()
  t.match(record, { act: 'refuse', outcome: '4', event: { outcomeDesc: 'role-not-allowed' } })
  await recorder.flush(at)
  t.equal((await records()).length, 1, 'and is not counted besides')
})

t.test('refusals before the caller is known, 429 and 503 make one record per cause and network', async t => {
  const { parts, records } = await accessSetting(t)
  const recorder = new RefusalRecorder(parts)
  const unauthorized = new Refusal('unauthorized')
  for (const address of ['192.0.2.7', '192.0.2.200', '::ffff:192.0.2.9']) {
    await recorder.record(unauthorized, call(address), undefined)
  }
  await recorder.record(unauthorized, call('198.51.100.1'), undefined)
  await recorder.record(new Refusal('rate-limited'), call(), callerOf())
  await recorder.record(new Refusal('overloaded'), call(), callerOf())
  recorder.count('invalid_client', '2001:db8:1::5')
  t.same(await records(), [], 'nothing is written for each of them')
  await recorder.flush(at + 60_000)
  t.same(
    (await records()).map(countOf).sort((a, b) => a.reason.localeCompare(b.reason) || b.count.localeCompare(a.count)),
    [
      { reason: 'invalid_client', network: '2001:db8:1::/48', count: '1' },
      { reason: 'overloaded', network: '192.0.2.0/24', count: '1' },
      { reason: 'rate-limited', network: '192.0.2.0/24', count: '1' },
      { reason: 'unauthorized', network: '192.0.2.0/24', count: '3' },
      { reason: 'unauthorized', network: '198.51.100.0/24', count: '1' }
    ]
  )
  await recorder.flush(at + 120_000)
  t.equal((await records()).length, 5, 'a quiet minute writes nothing')
})

t.test('what a failing store did not take is counted on, and written when it is back', async t => {
  const { parts, records } = await accessSetting(t)
  let isAway = true
  const { log, keyring } = parts.record
  const commit: typeof log.commit = async set => {
    if (isAway) throw new Refusal('store-unavailable')
    return log.commit(set)
  }
  const recorder = new RefusalRecorder({ ...parts, record: { keyring, log: { ...log, commit } } })
  recorder.count('store-unavailable', '192.0.2.7')
  recorder.count('unauthorized', '192.0.2.7')
  await t.rejects(recorder.flush(at), Refusal)
  recorder.count('store-unavailable', '192.0.2.8')
  await t.rejects(recorder.flush(at), Refusal)
  isAway = false
  await recorder.flush(at)
  t.same(
    (await records())
      .map(countOf)
      .map(({ reason, count }) => `${reason} ${count}`)
      .sort(),
    ['store-unavailable 2', 'unauthorized 1']
  )
})

t.test('more networks than can be told apart are counted all the same', async t => {
  const { parts, records } = await accessSetting(t)
  const recorder = new RefusalRecorder(parts, 2)
  for (let network = 0; network < 9; network++) recorder.count('unauthorized', `10.0.${network}.1`)
  recorder.count('unauthorized', undefined)
  recorder.count('unauthorized', '10.0.1.2')
  await recorder.flush(at)
  t.same(
    (await records())
      .map(countOf)
      .map(({ network, count }) => `${network} ${count}`)
      .sort(),
    ['0.0.0.0/0 8', '10.0.0.0/24 1', '10.0.1.0/24 2']
  )
})

t.test('a network is a /24 or a /48, never an address', t => {
  const networks = [
    ['192.0.2.7', '192.0.2.0/24'],
    ['::ffff:192.0.2.7', '192.0.2.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
    ['2001:db8::1', '2001:db8:0::/48'],
    ['2001:DB8:001::', '2001:db8:1::/48'],
    ['::1', '0:0:0::/48'],
    ['::', '0:0:0::/48'],
    ['1::2:3:4:5:6:7', '1:0:2::/48'],
    ['fe80::1%eth0', 'fe80:0:0::/48'],
    ['', '0.0.0.0/0'],
    ['not an address', '0.0.0.0/0'],
    [undefined, '0.0.0.0/0']
  ] as const
  for (const [address, network] of networks) t.equal(networkOf(address), network, String(address))
  fc.assert(
    fc.property(fc.ipV6(), address => {
      const [start = '', prefix] = networkOf(address).split('/')
      const list = new BlockList()
      list.addSubnet(start, Number(prefix), isIPv6(start) ? 'ipv6' : 'ipv4')
      return list.check(address, 'ipv6')
    })
  )
  t.end()
})
