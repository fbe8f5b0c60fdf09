import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { request } from 'undici'
import { trustFolder } from '../../fixtures/test-keys.ts'
import { timestampRequest } from '../../src/signature/timestamp/request.ts'
import { authorityCheck, judgeReply } from '../../src/signature/timestamp.ts'
import { readRoots } from '../../src/signature/trust.ts'
import { TimeStampingAuthority } from './time-stamping-authority.ts'

const roots = readRoots(readFileSync(join(trustFolder, 'tsa-roots.pem'), 'utf8'))
const trust = { authorities: authorityCheck(roots), policies: undefined }
const query = 'application/timestamp-query'

t.test('stamps what it is asked to stamp, and refuses what it does not understand', async t => {
  const at = Date.parse('2026-09-10T02:25:00Z')
  const authority = await TimeStampingAuthority.start({ now: () => at })
  t.teardown(() => authority.close())
  const ask = async (body: Uint8Array, contentType = query, path = '') => {
    const answer = await request(authority.url + path, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body
    })
    return { status: answer.statusCode, bytes: Buffer.from(await answer.body.arrayBuffer()) }
  }
  const question = { imprint: createHash('sha256').update('a').digest(), nonce: Buffer.alloc(16, 0x80) }
  const asked = timestampRequest(question)
  const { status, bytes } = await ask(asked)
  t.equal(status, 200)
  t.match(await judgeReply(bytes, question, trust, at), { kind: 'held', timestamp: { time: at, accuracy: 1000 } })
  t.same(authority.stamped, [question.imprint.toString('hex')])

  const sha1 = Buffer.from(asked)
  sha1[sha1.indexOf('608648016503040201', 0, 'hex') + 8] = 0x04
  t.match(await judgeReply((await ask(sha1)).bytes, question, trust, at), { fault: 'rejected' }, 'another hash')
  const cut = await ask(asked.subarray(0, -1))
  t.match(await judgeReply(cut.bytes, question, trust, at), { fault: 'rejected' }, 'not DER')
  t.equal((await ask(asked, 'application/json')).status, 415)
  t.equal((await ask(asked, query, '/elsewhere')).status, 404)
  t.equal((await ask(Buffer.alloc(5000))).status, 413)
  t.equal(authority.stamped.length, 1)
  authority.isDown = true
  await t.rejects(ask(asked))
})
