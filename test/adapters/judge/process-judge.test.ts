import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { ProcessJudge, type ProcessJudgeOptions } from '../../../src/adapters/judge/process-judge.ts'
import type { JudgeRequest } from '../../../src/journeys/document/ports.ts'

/** A judge of which each request says what it shall do. It answers with how many requests it has had. */
const work = t.testdir({
  'entry.mjs': `
    let count = 0
    process.on('message', ({ questionnaire }) => {
      count += 1
      if (questionnaire === 'never') for (;;);
      if (questionnaire === 'memory') { const all = []; for (;;) all.push(new Array(1000).fill(count + all.length)) }
      if (questionnaire === 'break') throw new Error('broken')
      if (questionnaire === 'print') console.log('printed by a form')
      process.send({ issues: [{ count }] })
      if (questionnaire === 'leave') setImmediate(() => process.exit(0))
    })
    process.send('ready')
  `,
  'no-entry.mjs': 'throw new Error()'
})
const entry = pathToFileURL(join(work, 'entry.mjs'))

function judge(options: Partial<ProcessJudgeOptions> = {}) {
  const made = new ProcessJudge({ entry, ...options })
  t.teardown(() => made.close())
  return (questionnaire: string) => made.judge({ questionnaire, supporting: [], response: undefined } as JudgeRequest)
}
const counted = (count: number) => ({ issues: [{ count }] })

t.test('one process answers one request after the other', async t => {
  const ask = judge()
  t.match(await Promise.all([ask('a'), ask('b'), ask('c')]), [counted(1), counted(2), counted(3)])
})

t.test('what never ends is stopped, and another goes on', async t => {
  const ask = judge({ milliseconds: 200 })
  t.match(await ask('a'), counted(1))
  t.match(await Promise.all([ask('never'), ask('b')]), [{ stopped: 'time' }, counted(1)])
})

t.test('what takes too much memory is stopped, and another goes on', async t => {
  const ask = judge({ heapMegabytes: 64, milliseconds: 60_000 })
  t.match(await Promise.all([ask('memory'), ask('b')]), [{ stopped: 'memory' }, counted(1)])
})

t.test('more than may wait are refused at once', async t => {
  const ask = judge({ most: 2 })
  const all = await Promise.allSettled([ask('a'), ask('b'), ask('c')])
  t.same(
    all.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected']
  )
  t.match(all[2], { reason: { key: 'overloaded', retryAfterSeconds: 1 } })
  t.match(await ask('d'), counted(3), 'and come again later')
})

t.test('a process that breaks or leaves is replaced', async t => {
  const ask = judge()
  await t.rejects(ask('break'), { message: 'the judge ended' })
  t.match(await ask('leave'), counted(1))
  await new Promise(resolve => setTimeout(resolve, 200))
  t.match(await ask('a'), counted(1))
  const never = judge({ entry: pathToFileURL(join(work, 'no-entry.mjs')) })
  await t.rejects(never('a'), { message: 'the judge does not start' })
  await t.rejects(never('a'), { message: 'the judge does not start' }, 'each time, without waiting for ever')
})

t.test('the request under way ends before the process does; who waits is refused', async t => {
  const made = new ProcessJudge({ entry })
  const ask = (questionnaire: string) => made.judge({ questionnaire, supporting: [], response: undefined })
  await ask('a')
  const under = ask('b')
  await new Promise(resolve => setImmediate(resolve))
  const waiting = ask('c')
  const closed = made.close()
  t.match(await Promise.allSettled([under, waiting]), [
    { value: counted(2) },
    { reason: { key: 'shutting-down', retryAfterSeconds: 5 } }
  ])
  await closed
  await t.rejects(ask('d'), { message: 'shutting-down' })
  await new ProcessJudge({ entry }).close()
})

t.test('what a form prints goes nowhere', async t => {
  const script = join(work, 'print.mjs')
  const module = (path: string) => JSON.stringify(pathToFileURL(join(import.meta.dirname, '../../../src', path)).href)
  writeFileSync(
    script,
    `import { ProcessJudge } from ${module('adapters/judge/process-judge.ts')}
     const judge = new ProcessJudge({ entry: new URL(${JSON.stringify(entry.href)}) })
     await judge.judge({ questionnaire: 'print', supporting: [] })
     await judge.judge({ questionnaire: 'a', supporting: [] })
     await judge.close()
     console.log('end')`
  )
  t.equal(execFileSync(process.execPath, [script], { encoding: 'utf8' }), 'end\n')
})
