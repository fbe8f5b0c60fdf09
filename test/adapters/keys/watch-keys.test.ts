import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { mock } from 'node:test'
import t from 'tap'
import { keyPublisher } from '../../../src/adapters/keys/trust-folder.ts'
import { watchKeys } from '../../../src/adapters/keys/watch-keys.ts'

t.test('what fails at one look is told and tried again, and holds up nothing else', async t => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const done: string[] = []
  const told: unknown[] = []
  const works = [
    () => {
      throw new TypeError('of a secret')
    },
    () => done.push('second')
  ]
  const watch = watchKeys(works, { error: (...given: readonly unknown[]) => void told.push(given) } as never)
  mock.timers.tick(1000)
  watch.stop()
  mock.timers.tick(1000)
  t.same(done, ['second', 'second'])
  t.same(told.length, 2)
  t.notMatch(JSON.stringify(told), /of a secret/)
})

t.test('keys are published when they have changed, and again where that failed', async t => {
  const folder = join(t.testdir({ trust: {} }), 'trust')
  const publish = keyPublisher(folder)
  const own = (...vkeys: string[]) => ({ jwks: { keys: [] }, vkeys })
  const file = join(folder, 'log.vkey')
  publish(own('one'))
  t.equal(readFileSync(file, 'utf8'), 'one\n')
  rmSync(file)
  publish(own('one'))
  t.throws(() => readFileSync(file), 'unchanged keys are not written each half second')
  rmSync(folder, { recursive: true })
  t.throws(() => publish(own('two', 'one')))
  t.testdir({ trust: {} })
  publish(own('two', 'one'))
  t.equal(readFileSync(file, 'utf8'), 'two\none\n')
})
