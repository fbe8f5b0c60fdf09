import { execFile } from 'node:child_process'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import t from 'tap'
import { openSqlite } from '../../../src/adapters/database/sqlite/open.ts'
import { openSqliteStore } from '../../../src/adapters/database/sqlite/store.ts'

const tables = (connection: DatabaseSync): readonly string[] =>
  connection
    .prepare(`select "name" from "sqlite_master" where "type" = 'table' and "name" not like 'kysely%' order by 1`)
    .all()
    .map(row => String(row.name))

t.test('a migration that is cut off leaves no table, and the next start makes them all', async t => {
  const whole = await openSqliteStore(join(t.testdir(), 'whole.db'))
  await whole.close()
  const expected = tables(openSqlite(join(t.testdirName, 'whole.db')))
  t.ok(expected.includes('audit'))

  // at each statement that makes a table or an index, as a process ends that is killed there
  for (let cutAt = 1; cutAt < 200; cutAt++) {
    const file = join(t.testdirName, `cut-${cutAt}.db`)
    let statements = 0
    const cut = openSqliteStore(file, path => {
      const connection = openSqlite(path)
      const prepare = connection.prepare.bind(connection)
      connection.prepare = text => {
        if (text.startsWith('create') && ++statements > cutAt) {
          connection.close()
          throw new Error('cut off here')
        }
        return prepare(text)
      }
      return connection
    })
    const isWhole = await cut.then(
      async store => {
        await store.close()
        return true
      },
      () => false
    )
    const connection = openSqlite(file)
    t.same(tables(connection), isWhole ? expected : [], `after ${cutAt} statements: all or nothing`)
    const again = await openSqliteStore(file)
    await again.ping()
    await again.close()
    t.same(tables(connection), expected, 'and then all')
    connection.close()
    if (isWhole) return t.ok(cutAt > expected.length, 'each place was tried')
  }
  t.fail('never whole')
})

t.test('several gateways that start on one empty home at once all come up', async t => {
  const store = join(import.meta.dirname, '../../../src/adapters/database/sqlite/store.ts')
  const program = `
    const { openSqliteStore } = await import(${JSON.stringify(store)})
    const store = await openSqliteStore(${JSON.stringify(join(t.testdir(), 'gateway.db'))})
    await store.ping()
    await store.close()
    console.log('up')`
  const run = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', program])
  const answers = await Promise.all([run(), run(), run(), run()])
  t.same(
    answers.map(({ stdout }) => stdout.trim()),
    ['up', 'up', 'up', 'up']
  )
})
