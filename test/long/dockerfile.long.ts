import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t from 'tap'
import { request } from 'undici'
import { freePort } from '../parties/gateway.ts'
import { childEnvironment } from '../sizes.ts'

/**
 * Runs what the Dockerfile says in an empty folder, since no container engine is needed to see that its commands install a
 * gateway that starts from production dependencies alone.
 */
const root = join(import.meta.dirname, '..', '..')

interface Instruction {
  readonly name: string
  readonly text: string
}

const instructions: readonly Instruction[] = readFileSync(join(root, 'Dockerfile'), 'utf8')
  .split('\n')
  .filter(line => line.trim() !== '' && !line.startsWith('#'))
  .map(line => ({ name: line.split(' ')[0]!, text: line.slice(line.indexOf(' ') + 1) }))
const all = (name: string): readonly string[] => instructions.filter(each => each.name === name).map(each => each.text)

t.test('the image is not root’s, listens on all addresses and stops by SIGTERM', async t => {
  t.same(all('USER'), ['node'])
  t.match(all('ENV').join(' '), /RYORITSU_HOST=0\.0\.0\.0/)
  t.same(all('STOPSIGNAL'), ['SIGTERM'])
  t.ok(instructions.findIndex(each => each.name === 'USER') < instructions.findIndex(each => each.name === 'CMD'))
})

t.test('its commands install a gateway that becomes ready and stops orderly', { timeout: 300_000 }, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'ryoritsu-image-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const home = join(folder, 'home')
  // a gateway refuses settings that it does not know, and that variable is of the tests
  const environment = { ...childEnvironment(), PATH: `${dirname(process.execPath)}:${process.env.PATH}` }

  for (const { name, text } of instructions) {
    if (name === 'COPY') {
      const names = text.split(' ')
      const to = names.pop()!
      for (const from of names)
        cpSync(join(root, from), names.length > 1 ? join(folder, from) : join(folder, to), { recursive: true })
    }
    if (name === 'RUN' && text.includes('npm')) {
      const run = spawnSync('sh', ['-c', text], { cwd: folder, env: environment, encoding: 'utf8' })
      t.equal(run.status, 0, `${text}\n${run.stderr}`)
    }
  }
  const installed = readdirSync(join(folder, 'node_modules'))
  t.notOk(installed.includes('tap') || installed.includes('typescript'), 'no tools of developers')
  t.notOk(
    installed.some(name => name.startsWith('node-linux')),
    'no second Node'
  )
  t.notOk(existsSync(join(folder, 'test')) || existsSync(join(folder, 'fixtures')), 'no tests and no test keys')

  mkdirSync(home)
  const [command, ...rest] = JSON.parse(all('CMD')[0]!) as [string, ...string[]]
  const port = await freePort()
  const settings = { RYORITSU_HOME: home, RYORITSU_HOST: '127.0.0.1', RYORITSU_PORT: String(port) }
  const gateway = spawn(command === 'node' ? process.execPath : command, rest, {
    cwd: folder,
    env: { ...environment, ...settings }
  })
  const ended = new Promise<number | null>(resolve => gateway.once('exit', resolve))
  t.equal(await readyStatus(port), 200)
  gateway.kill('SIGTERM')
  t.equal(await ended, 0)
})

async function readyStatus(port: number): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      const answer = await request(`http://127.0.0.1:${port}/health/ready`)
      await answer.body.dump()
      if (answer.statusCode === 200) return 200
    } catch {
      // not listening yet
    }
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  return 0
}
