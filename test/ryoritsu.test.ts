import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { trustFolder } from '../fixtures/test-keys.ts'

const root = join(import.meta.dirname, '..')
const opinion = join(root, 'fixtures/opinion-return/stroke-driver.json')
const home = t.testdir({})

function ryoritsu(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'src/ryoritsu.ts'), ...args], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, RYORITSU_HOME: home, ...env }
  })
  return { status, stdout, stderr }
}

t.test('the command line ends with what scripts can branch on', async t => {
  const changed = join(home, 'changed.json')
  writeFileSync(changed, readFileSync(opinion, 'utf8').replace('"final"', '"fINAl"'))
  t.match(ryoritsu(['verify', opinion, '--trust', trustFolder]), {
    status: 0,
    stdout: /holds \(original\)/,
    stderr: ''
  })
  t.match(ryoritsu(['verify', opinion], { RYORITSU_TRUST_DIR: trustFolder }), { status: 0 })
  t.match(ryoritsu(['verify', changed, '--trust', trustFolder]), { status: 1, stdout: /does not hold/ })
  t.match(ryoritsu(['verify', opinion]), { status: 3, stdout: /untrusted/ })
  t.match(ryoritsu(['verify']), { status: 2, stdout: '', stderr: /no file is named/ })
})

t.test('names its commands, and what is wrong with settings', async t => {
  const { status, stdout, stderr } = ryoritsu([])
  t.match({ status, stdout, stderr }, { status: 2, stdout: '', stderr: /Usage:/ })
  const help = ryoritsu(['--help'])
  t.equal(help.status, 0)
  const named = [...help.stdout.matchAll(/^ {2}ryoritsu (\w+)/gm)].map(([, name]) => name)
  t.same([...new Set(named)], ['serve', 'verify', 'validate', 'keys', 'partner'])
  t.match(ryoritsu(['conformance']), { status: 2, stderr: /no such command/ })
  t.match(ryoritsu(['partner', 'list'], { RYORITSU_PORT: 'x', RYORITSU_PROT: '1' }), {
    status: 2,
    stdout: '',
    stderr: /RYORITSU_PROT: no such setting\nRYORITSU_PORT: must be/
  })
})
