import { Ajv2020, type AnySchemaObject } from 'ajv/dist/2020.js'
import t from 'tap'
import { cases } from '../../../../fixtures/cases/cases.ts'
import type { components } from '../../../../openapi/gateway.d.ts'
import { kinds } from '../../../../src/document/kinds.ts'
import { startGateway } from '../../../parties/gateway.ts'
import type { Party } from '../../../parties/party.ts'
import { register, registerTown } from '../../../parties/register.ts'
import {
  accept,
  confirm,
  deposit,
  expectStatus,
  invite,
  join,
  knownFrom,
  liveDocument,
  openCase,
  release,
  search
} from '../../../parties/story.ts'

type Plain = components['schemas']['Document']
type Released = components['schemas']['opinion-return-released-2026']

const story = cases[1]!
const written = story.documents.find(({ kind }) => kind === 'opinion-return')!.answers

t.test('documents and forms as plain JSON', async t => {
  const running = await startGateway()
  const town = await registerTown(running, story)
  const parties: Party[] = Object.values(town)
  t.teardown(async () => {
    await Promise.all(parties.map(party => party.close()))
    await running.stop()
  })
  const { hr, worker, hospital, ohp } = town
  const atHr = await openCase(hr, story)
  const atWorker = await accept(worker, atHr.invitation!)
  const atHospital = knownFrom(
    expectStatus(await join(hospital, story, await invite(worker, atWorker.id, 'hospital')), 201)
  )
  await confirm(hospital, worker, atWorker.id)
  const deposited = expectStatus(await deposit(hospital, liveDocument(story, 'opinion-return', atHospital)), 201)
  const original = deposited.body.id!

  t.test('author and worker read all of it', async t => {
    for (const party of [hospital, worker]) {
      const { body, bytes, headers } = expectStatus(await party.get<Plain>(`/api/v1/documents/${original}`), 200)
      const { answers, recordedAt, ...rest } = body
      t.same(rest, {
        id: original,
        case: atHr.identifier,
        kind: 'opinion-return',
        version: '2026',
        assurance: 'original'
      })
      t.same(answers, written)
      t.match(recordedAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
      t.equal(bytes.byteLength % 4096, 0)
      t.match(headers, { 'cache-control': 'no-store', vary: /Authorization/ })
    }
  })

  t.test('a recipient reads what was released, and sees that something was not', async t => {
    t.equal((await hr.get(`/api/v1/documents/${original}`)).status, 404)
    await release(worker, {
      subject: atWorker.subject,
      discloser: hospital.file.organization,
      recipients: [hr.file.party, ohp.file.party],
      kinds: ['opinion-return'],
      classes: ['identity', 'work-fitness', 'work-restriction'],
      withholding: 'marked'
    })
    const [reference] = await search(hr, atHr.subject)
    const { body, bytes } = expectStatus(await hr.get<Plain>(`/api/v1/documents/${reference!.id}`), 200)
    t.match(body, { id: reference!.id, kind: 'opinion-return', assurance: 'gateway', case: atHr.identifier })
    t.equal(bytes.byteLength % 4096, 0)
    const answers = body.answers as Released
    t.equal(answers['or.opinion'], written['or.opinion'])
    t.equal(answers['or.measures'], written['or.measures'])
    t.same(answers['or.considerations'], { masked: true })
    const isTyped = await typesOf(hr)
    const views = ['released', 'processed', 'supervisor'].map(view => `opinion-return-${view}-2026`)
    t.ok(views.some(view => isTyped(view, answers)) && !isTyped('opinion-return-2026', answers))
    t.ok(isTyped('DocumentAnswers', answers) && isTyped('opinion-return-2026', written))
    t.notOk(views.some(view => isTyped(view, { ...answers, 'or.unknown': 'x' })))
    t.notMatch(bytes.toString(), /5週間/u)
    t.equal((await ohp.get(`/api/v1/documents/${reference!.id}`)).status, 404, 'each recipient by its own id')
    t.equal((await hr.get(`/api/v1/documents/${original}`)).status, 404)
  })

  t.test('an employer says which person reads', async t => {
    const nameless = await register(running, {
      role: 'employer-hr',
      organization: { name: story.employer.name, identifier: story.employer.identifier }
    })
    parties.push(nameless)
    const { body } = await nameless.get(`/api/v1/documents/${original}`)
    t.match(body, { status: 403, code: 'person-missing' })
    t.match((await town.employerAuditor.get(`/api/v1/documents/${original}`)).body, { status: 403 })
  })

  t.test('the schema of a form takes the answers of its documents', async t => {
    const ajv = new Ajv2020({ strict: false })
    for (const { kind, version, answers } of story.documents) {
      const { body } = expectStatus(await hr.get<AnySchemaObject>(`/api/v1/forms/${kind}/${version}`), 200)
      const validate = ajv.compile(body)
      t.ok(validate(answers), `${kind} ${version} ${JSON.stringify(validate.errors)}`)
      t.notOk(validate({ ...answers, 'xx.unknown': 1 }))
    }
    const all = Object.values(kinds).flatMap(({ code, versions }) => versions.map(version => `${code}/${version}`))
    for (const form of all) expectStatus(await worker.get(`/api/v1/forms/${form}`), 200)
    for (const absent of ['opinion/2026', 'opinion-return/2025', 'constructor/2026']) {
      t.match((await hr.get(`/api/v1/forms/${absent}`)).body, { status: 404, code: 'not-found' })
    }
    const anonymous = await hr.send('GET', '/api/v1/forms/opinion-return/2026', undefined, {})
    t.equal(anonymous.status, 401)
  })
})

/** Whether a value is what a schema of `/openapi.json` says. */
async function typesOf(party: Party): Promise<(name: string, value: unknown) => boolean> {
  const { body } = await party.send<{ components: { schemas: AnySchemaObject } }>('GET', '/openapi.json', undefined, {})
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  const { components } = body
  return (name, value) => ajv.validate({ $ref: `#/components/schemas/${name}`, components }, value) === true
}
