import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bundle } from '@medplum/fhirtypes'
import t from 'tap'
import { canonicalization, signedForm } from '../../src/signature/signed-form.ts'
import { decodeBase64 } from '../../src/standards/base64.ts'
import { encodeBase64url } from '../../src/standards/base64url.ts'
import { canonicalBytes } from '../../src/standards/jcs.ts'
import { type Jws, parseCompact, parseDetached, verifySignature } from '../../src/standards/jws.ts'
import { sampleDocument } from './sample.ts'

const folder = join(import.meta.dirname, '../../fixtures/vectors/hl7-signatures')
const rules = { algorithms: ['RS256'] } as const

function read(name: string): { bundle: Bundle; jws: string } {
  const bundle: Bundle = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))
  return { bundle, jws: decodeBase64(bundle.signature?.data ?? '').toString('latin1') }
}

/** whether the signature is one over this payload, by the certificate it brings along */
function holds(jws: Pick<Jws, 'header' | 'encodedHeader' | 'signature'>, payload: Uint8Array): boolean {
  const { publicKey } = new X509Certificate(decodeBase64(jws.header.x5c?.[0] ?? ''))
  const input = Buffer.from(`${jws.encodedHeader}.${encodeBase64url(payload)}`)
  return verifySignature('RS256', input, jws.signature, publicKey)
}

t.test("agrees with HL7's signed Bundles", async t => {
  for (const name of ['signatures-example-1', 'signatures-example-3']) {
    const { bundle, jws } = read(name)
    t.ok(bundle.signature?.targetFormat?.endsWith(canonicalization))
    t.ok(holds(parseCompact(jws, rules), signedForm(bundle)), name)
    t.same(parseCompact(jws, rules).payload, signedForm(bundle), 'the payload that came along is the canonical form')
    t.notOk(holds(parseCompact(jws, rules), signedForm({ ...bundle, total: 2 })), 'and not after a change')
  }
  const { bundle, jws } = read('bundle-signed-good')
  t.ok(holds(parseDetached(jws, rules), canonicalBytes({ ...bundle, signature: undefined })), 'without #document')
  t.notOk(holds(parseDetached(jws, rules), signedForm(bundle)), 'which is another form than ours')
})

t.test('refuses the Bundle into which a server stamped a nested meta', async t => {
  const { bundle, jws } = read('signatures-example-2')
  t.notOk(holds(parseCompact(jws, rules), signedForm(bundle)))
})

t.test('leaves out what is outside the signature, and nothing else', async t => {
  const document = sampleDocument()
  const form = signedForm(document).toString()
  t.equal(signedForm({ ...document, id: 'x', meta: { versionId: '2' } }).toString(), form)
  t.equal(signedForm({ ...document, implicitRules: 'x' }).toString() === form, false)
  const { meta, ...rest } = document
  t.same(JSON.parse(form), rest)
  t.ok(meta)
})
