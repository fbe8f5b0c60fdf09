import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { HomeKeys } from '../../../src/adapters/keys/home-keys.ts'
import { readConfig } from '../../../src/config/config.ts'
import { keyPurposes } from '../../../src/document/signer.ts'
import { openKeyDesk } from '../../../src/gateway/desks.ts'
import { type RotateParts, rotateSigningKeys } from '../../../src/journeys/keys/rotate-keys.ts'
import { rotateMaster } from '../../../src/journeys/keys/rotate-master.ts'
import { append } from '../../../src/record/append.ts'
import { AtRest, detailOf, type OpenedRecord } from '../../long/at-rest.ts'
import { auditRecord } from '../../record/setting.ts'

/** many openings of a store, each with its fsyncs */
const timeout = 150_000
t.setTimeout(timeout)
const graceMs = 5000

/** A home with some cases, and a clock that moves where a rotation waits. */
async function setting(t: Test) {
  const home = t.testdir()
  const config = readConfig({ RYORITSU_HOME: home })
  const clock = { now: Date.UTC(2026, 8, 1) }
  const now = () => clock.now
  const cases: string[] = []
  /** the command anew, as after its process has ended */
  const withDesk = async <Result>(work: (parts: RotateParts) => Promise<Result>): Promise<Result> => {
    const { parts, close } = await openKeyDesk(config, now)
    try {
      const sleep = async (ms: number) => {
        clock.now += ms
      }
      return await work({ ...parts, sleep })
    } finally {
      await close()
    }
  }
  const addCase = async ({ record: parts }: RotateParts) => {
    const id = `case-${cases.length}`
    const { wrap } = parts.keyring.freshCaseKey(id)
    await append(parts, { guards: [], rows: {}, working: { keyWrap: [wrap] }, audit: [auditRecord({ case: id })] })
    cases.push(id)
  }
  await withDesk(async parts => {
    for (let count = 0; count < 3; count++) await addCase(parts)
  })
  return { home, clock, now, cases, withDesk, addCase }
}

const masterIn = (home: string) => readFileSync(join(home, 'keys', 'master.key'), 'utf8')

const rotations = (records: readonly OpenedRecord[]) =>
  records.flatMap(record => {
    const { act, event } = record
    const kid = event.entity?.[0]?.what?.identifier?.value
    return act === 'key-rotate' ? [[event.outcomeDesc, detailOf(record, 'purpose'), kid]] : []
  })

t.test('each signing key is replaced by one that was published before it signed, and the log says so', async t => {
  const { home, clock, now, withDesk } = await setting(t)
  const gateway = new HomeKeys(home, now)
  const before = keyPurposes.map(purpose => gateway.signer(purpose)().kid)
  const seen: string[][] = []
  const watching = (parts: RotateParts): RotateParts => ({
    ...parts,
    sleep: async ms => {
      gateway.look()
      for (clock.now += 1; ms > 0; ms -= 1000, clock.now += 1000) {
        const published = gateway.published().keys.map(({ kid }) => kid)
        const signing = keyPurposes.map(purpose => gateway.signer(purpose)().kid)
        t.ok(signing.every(kid => published.includes(kid)))
        seen.push(signing)
      }
    }
  })
  const rotated = await withDesk(parts => rotateSigningKeys(watching(parts), keyPurposes, graceMs))
  const after = rotated.map(({ kid }) => kid)
  t.same([seen[0], seen.at(-1)], [before, after], 'first the old ones signed, at last the new ones')
  t.same(
    rotated.map(({ retired }) => retired),
    before.map(kid => [kid])
  )
  const file = await AtRest.open(home)
  const expected = [
    ...keyPurposes.map((purpose, index) => ['added', purpose, after[index]]),
    ...keyPurposes.map((purpose, index) => ['retired', purpose, before[index]])
  ]
  t.same(rotations(await file.records()), expected)
  file.close()
})

t.test(
  'a rotation while the clock was years ahead keeps none from replacing the key when it is right again',
  async t => {
    const { home, clock, now, withDesk } = await setting(t)
    const right = clock.now
    const old = new HomeKeys(home, now).signer('token')().kid
    clock.now = Date.UTC(2036, 0)
    const cutOff = async () => Promise.reject(new Ended())
    await withDesk(parts => rotateSigningKeys({ ...parts, sleep: cutOff }, ['token'], graceMs)).catch(() => undefined)
    clock.now = right
    const waited: number[] = []
    const sleep = async (ms: number) => {
      waited.push(ms)
      clock.now += ms
    }
    const [rotated] = await withDesk(parts => rotateSigningKeys({ ...parts, sleep }, ['token'], graceMs))
    const keys = new HomeKeys(home, now)
    t.same(waited, [2 * graceMs], 'and no ten years')
    t.equal(keys.signer('token')().kid, rotated!.kid)
    t.equal(rotated!.retired.length, 2)
    t.ok(rotated!.retired.includes(old))
    clock.now += 600_000
    t.same([...rotated!.retired, rotated!.kid].map(keys.tokenKeys.has), [false, false, true])
  }
)

t.test(
  'a master key is replaced and destroyed; everything opens under the new one and nothing under the old',
  async t => {
    const { home, cases, withDesk, addCase } = await setting(t)
    const old = masterIn(home)
    const rotated = await withDesk(async parts => {
      let waits = 0
      return rotateMaster({ ...parts, sleep: async () => void (waits++ < 2 && (await addCase(parts))) }, graceMs)
    })
    t.equal(cases.length, 5, 'two came in meanwhile')
    t.equal(rotated.rewrapped, 6, 'three before, one between, and the two secrets; the last was wrapped by the new one')
    t.notMatch(masterIn(home), old)
    const file = await AtRest.open(home)
    const records = await file.records()
    t.same(
      records.filter(({ isLeafOfIt }) => !isLeafOfIt),
      []
    )
    t.same(rotations(records), [
      ['added', 'master', rotated.kid],
      ['retired', 'master', rotated.retired[0]]
    ])
    file.close()
    await t.rejects(AtRest.open(home, old), { name: 'MasterKeyMissing' })
  }
)

class Ended extends Error {}

/** Parts of a process that ends at its nth step, before or after that has had its effect. */
function endingAt(parts: RotateParts, step: number, isAfter: boolean): RotateParts {
  let steps = 0
  const ending =
    <Given extends unknown[], Result>(work: (...given: Given) => Result) =>
    (...given: Given): Result => {
      const isLast = steps++ === step
      if (isLast && !isAfter) throw new Ended()
      const result = work(...given)
      if (isLast && result instanceof Promise) return result.then(() => Promise.reject(new Ended())) as Result
      if (isLast) throw new Ended()
      return result
    }
  const { keys, masters, record, sleep } = parts
  return {
    ...parts,
    sleep: ending(sleep),
    record: {
      ...record,
      log: {
        ...record.log,
        commit: ending(set => record.log.commit(set)),
        note: ending((...all) => record.log.note(...all))
      }
    },
    keys: {
      facts: () => keys.facts(),
      make: purpose => {
        const { kid, publish } = keys.make(purpose)
        return { kid, publish: ending(publish) }
      },
      adopt: (purpose, place) => keys.adopt(purpose, place),
      retire: ending(purpose => keys.retire(purpose))
    },
    masters: {
      all: () => masters.all(),
      lookAgain: () => masters.lookAgain(),
      make: () => {
        const { name, save } = masters.make()
        return { name, save: ending(save) }
      },
      get isOneWaiting() {
        return masters.isOneWaiting
      },
      promote: ending(() => masters.promote()),
      destroyOthers: ending(() => masters.destroyOthers())
    }
  }
}

t.test('a rotation that ends at any step leaves all in order, and the next run finishes it', { timeout }, async t => {
  const { home, now, cases, withDesk, addCase } = await setting(t)
  const purposes = ['token', 'log'] as const
  const isInOrder = async () => {
    const keys = new HomeKeys(home, now)
    const published = keys.published().keys.map(({ kid }) => kid)
    t.ok(purposes.every(purpose => published.includes(keys.signer(purpose)().kid)))
    const file = await AtRest.open(home)
    t.same(
      (await file.records()).filter(({ isLeafOfIt }) => !isLeafOfIt),
      []
    )
    file.close()
    await withDesk(async ({ record }) => {
      for (const id of cases) await record.keyring.key(id)
    })
  }
  const both = async (parts: RotateParts) => {
    await rotateSigningKeys(parts, purposes, graceMs)
    await rotateMaster(parts, graceMs)
  }
  const inputs = fc.tuple(fc.integer({ min: 0, max: 30 }), fc.boolean())
  await fc.assert(
    fc.asyncProperty(inputs, async ([step, isAfter]) => {
      const before = masterIn(home)
      await withDesk(parts => both(endingAt(parts, step, isAfter))).catch((error: unknown) => {
        if (!(error instanceof Ended)) throw error
      })
      await isInOrder()
      await withDesk(addCase)
      await withDesk(both)
      await isInOrder()
      const { keys, masters } = await withDesk(async parts => ({
        keys: parts.keys.facts(),
        masters: parts.masters.all()
      }))
      t.same(masters.length, 1)
      for (const purpose of purposes) {
        const able = keys.filter(key => key.purpose === purpose && key.canSign)
        t.match(able, [{ state: 'current' }], 'one key has a private part')
      }
      t.not(masterIn(home), before)
      await t.rejects(AtRest.open(home, before), { name: 'MasterKeyMissing' })
    }),
    { numRuns: 8, examples: [[[4, false]], [[4, true]], [[12, true]], [[14, false]]] }
  )
})
