import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { KeyFileError } from '../../../src/adapters/keys/key-file-error.ts'
import { MasterFile } from '../../../src/adapters/keys/master-file.ts'
import { encodeBase64url } from '../../../src/standards/base64url.ts'

const names = (file: MasterFile) => file.all().map(({ name }) => name)

t.test('a new master is known first, wraps then, and is alone at last; the file is never open to others', async t => {
  const path = join(t.testdir(), 'keys', 'master.key')
  const command = new MasterFile(path)
  const gateway = new MasterFile(path)
  const [old] = names(gateway)
  const leftover = `${path}.4711.new`
  writeFileSync(leftover, readFileSync(path), { mode: 0o600 })
  const fresh = command.make()
  t.same(names(command), [old], 'made, and nowhere yet')
  const steps = [
    [() => fresh.save(), [old, fresh.name], true],
    [() => command.promote(), [fresh.name, old], false],
    [() => command.destroyOthers(), [fresh.name], false]
  ] as const
  for (const [step, expected, isOneWaiting] of steps) {
    step()
    t.equal(gateway.look(), true)
    t.same([names(gateway), gateway.isOneWaiting], [expected, isOneWaiting])
    t.same(names(new MasterFile(path)), expected, 'a gateway that starts now sees the same')
    t.equal(statSync(path).mode & 0o777, 0o600)
  }
  t.equal(gateway.look(), false)
  t.notOk(existsSync(leftover), 'nothing is left of a rotation that was killed while it wrote')
  t.equal(readFileSync(path, 'utf8').trim().split('\n').length, 1)
})

t.test('the file of the version before is read as it is', async t => {
  const key = randomBytes(32)
  for (const end of ['\n', '', '\r\n']) {
    const path = join(t.testdir({ 'master.key': `${encodeBase64url(key)}${end}` }), 'master.key')
    chmodSync(path, 0o600)
    t.same(new MasterFile(path).all()[0]!.key, key)
  }
})

t.test('what is no master key is refused, at the start and later, without a word of it', async t => {
  const line = encodeBase64url(randomBytes(32))
  const path = join(t.testdir(), 'master.key')
  const running = new MasterFile(path)
  const known = names(running)
  for (const text of ['', 'AAAA', `${line} waiting`, `${line}\n5ecret`, `${line} 5ecret`, `${line}\n`.repeat(9)]) {
    writeFileSync(path, text)
    for (const read of [() => new MasterFile(path), () => running.look()]) {
      try {
        read()
        t.fail(text)
      } catch (error) {
        t.ok(error instanceof KeyFileError)
        t.notMatch(String(error), /5ecret|AAAA/)
      }
    }
    t.same(names(running), known)
  }
  writeFileSync(path, line)
  chmodSync(path, 0o644)
  t.throws(() => new MasterFile(path), KeyFileError)
})
