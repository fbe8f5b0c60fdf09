import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Bundle, Questionnaire, QuestionnaireResponse } from '@medplum/fhirtypes'
import { fastify } from 'fastify'
import { leafHash, MerkleLog } from './merkle.ts'
import { responseCheck } from './questionnaire.ts'
import { receipts } from './receipt.ts'
import { bundleSchema } from './schema.ts'
import { seal } from './seal.ts'
import { signatureCheck } from './signature.ts'
import { openStore } from './store.ts'
import { tokenCheck } from './token.ts'

/**
 * The floor: what no gateway can leave out of a secured deposit, behind one bare Fastify route, on the very same
 * requests. Nothing here is the gateway's code, and nothing decides, explains, finds again or delivers.
 *
 *   node server.ts --port 8090 --database FILE --trust FILE --issuer URL --form FILE
 *
 * `--trust`: JSON `{ token: [jwk…], author: [jwk…] }`, the keys of access tokens and of authors.
 */
const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    database: { type: 'string' },
    trust: { type: 'string' },
    issuer: { type: 'string' },
    form: { type: 'string' }
  }
})
const json = (file: string | undefined) => JSON.parse(readFileSync(file!, 'utf8'))
const trust = json(values.trust)
const checkToken = tokenCheck(trust.token, values.issuer!)
const checkSignature = signatureCheck(trust.author)
const isBundle = bundleSchema()
const isAnswer = responseCheck(json(values.form) as Questionnaire)
const receiptOf = receipts()
const store = openStore(values.database!)
const log = new MerkleLog()
const key = randomBytes(32)
const run = randomBytes(6).toString('hex')

const app = fastify({ logger: false, bodyLimit: 1 << 20 })
app.removeAllContentTypeParsers()
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
app.get('/health/live', async () => ({ status: 'live' }))
app.post('/fhir/Bundle', async (request, reply) => {
  checkToken(request.headers.authorization)
  const body = request.body as Buffer
  const bundle = JSON.parse(body.toString()) as Bundle
  if (!isBundle(bundle)) throw new Error('schema')
  const response = bundle.entry![1]!.resource as QuestionnaireResponse
  if (!isAnswer(response.item!)) throw new Error('form')
  checkSignature(bundle as unknown as Record<string, unknown>)

  const leaf = leafHash(body)
  log.append(leaf)
  const id = `${run}-${log.size}`
  const receipt = receiptOf({
    reference: `DocumentReference/${id}`,
    leafIndex: log.size - 1,
    leafHash: leaf.toString('base64url'),
    rootHash: log.root().toString('base64url'),
    iat: Math.floor(Date.now() / 1000)
  })
  await store.put({ id, sealed: seal(key, body), leaf, receipt })
  void reply.code(201).header('location', `/fhir/Bundle/${id}`)
  return { id, receipt }
})
await app.listen({ host: '127.0.0.1', port: Number(values.port) })
