import type { Bundle, Consent } from '@medplum/fhirtypes'
import t from 'tap'
import { cases } from '../../../fixtures/cases/cases.ts'
import { caseSubjectSystem } from '../../../src/document/canonical.ts'
import type { ClientRole } from '../../../src/document/role.ts'
import {
  type Open,
  type Reach,
  type RouteName,
  type Row,
  whoMayCall
} from '../../../src/journeys/access/who-may-call.ts'
import { startGateway } from '../../parties/gateway.ts'
import type { Answered, Party } from '../../parties/party.ts'
import { completeParameters, prepareParameters } from '../../parties/sign-elsewhere.ts'
import { liveDocument, onPaper, parameters, refusalOf, releaseConsent } from '../../parties/story.ts'
import { buildWorlds, freshIdentifier, type Joining, joining, type Named, roles, type Worlds } from './cells.ts'

type KnownName = { [Name in RouteName]: (typeof whoMayCall)[Name] extends Open ? never : Name }[RouteName]

/** Whose organisations call; they write of other cases as if those were theirs. */
const callers = cases[0]!

/** One call of a route about one case, as its caller would make it. */
interface Ask {
  readonly path?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** How a route is called, and what tells an answer that reaches what the call is about from one that does not. */
interface Asked {
  readonly ask: (named: Named, role: ClientRole) => Ask | Promise<Ask>
  /** statuses of a call within reach; 200 and 201 where nothing else is said */
  readonly within?: readonly number[] | ((role: ClientRole) => readonly number[])
  /** beyond its reach: 404 where nothing else is said */
  readonly beyond?: (answered: Answered) => boolean
  /** of an answer within reach, for searches */
  readonly finds?: (answered: Answered) => boolean
}

const at = (path: string): Ask => ({ path })
const empty: Asked['beyond'] = ({ status, body }) => status === 200 && ((body as Bundle).entry ?? []).length === 0
const some: Asked['finds'] = ({ body }) => ((body as Bundle).entry ?? []).length > 0
const unknownCase: Asked['beyond'] = answered => answered.status === 422 && refusalOf(answered) === 'case-unknown'
const code: Asked['beyond'] = answered => answered.status === 422 && refusalOf(answered) === 'code-invalid'
const of = (subject: string) => `patient.identifier=${encodeURIComponent(`${caseSubjectSystem}|${subject}`)}`
const local = { system: 'https://partner.example/local', value: '7' }
const person = ({ story: { worker } }: Named) =>
  [
    { name: 'localIdentifier', valueIdentifier: local },
    { name: 'birthDate', valueDate: worker.birthDate },
    { name: 'workerKana', valueString: worker.kana }
  ] as const
/** 産業医 send other kinds than this one. */
const depositWith = (status: number) => (role: ClientRole) => (role === 'employer-ohp' ? [422] : [status])
/** Who does not write such documents is told that before anything is looked up. */
const noDeposit: Asked['beyond'] = answered => unknownCase(answered) || refusalOf(answered) === 'profile-invalid'
const freshDocument = (named: Named, role: ClientRole): Bundle => {
  const kind = role === 'employer-hr' ? 'work-information' : 'opinion-continuation'
  return liveDocument(callers, kind, toKnown(named), { identifier: freshIdentifier(callers) })
}
const answersOf = ({ story }: Named, kind: string) => story.documents.find(each => each.kind === kind)!.answers
const items = ({ body }: Answered) => (body as { items: readonly { readonly id: string }[] }).items

t.setTimeout(120_000)

const asked: Readonly<Record<KnownName, Asked>> = {
  'POST /fhir/EpisodeOfCare/$open': {
    ask: named => ({
      body: parameters(
        { name: 'kind', valueCode: 'continuation' },
        { name: 'workerName', valueString: named.story.worker.name },
        ...person(named)
      )
    })
  },
  'POST /fhir/EpisodeOfCare/$accept': {
    ask: async (named, role) => ({
      body: parameters({ name: 'invitation', valueString: await codeFor(named, role) })
    }),
    beyond: code
  },
  'POST /fhir/EpisodeOfCare/$join': {
    ask: async (named, role) => ({
      body: parameters({ name: 'code', valueString: await codeFor(named, role) }, ...person(named))
    }),
    beyond: code
  },
  'POST /fhir/EpisodeOfCare/:id/$invite': {
    ask: ({ caseId }) => ({
      path: `/fhir/EpisodeOfCare/${caseId}/$invite`,
      body: parameters({ name: 'role', valueCode: 'hospital' })
    })
  },
  'POST /fhir/EpisodeOfCare/:id/$confirm': {
    ask: ({ caseId }) => ({
      path: `/fhir/EpisodeOfCare/${caseId}/$confirm`,
      body: parameters(
        { name: 'identityEvidence', valueCode: 'drivers-licence' },
        { name: 'confirmationCode', valueString: '000000' }
      )
    }),
    // the worker's code is a wrong one
    within: role => (role === 'worker' ? [422] : [200])
  },
  'POST /fhir/EpisodeOfCare/:id/$recover': {
    ask: ({ caseId }) => ({
      path: `/fhir/EpisodeOfCare/${caseId}/$recover`,
      body: parameters({ name: 'identityEvidence', valueCode: 'drivers-licence' })
    }),
    // the worker has a client, and no account to recover
    within: [409]
  },
  'POST /fhir/EpisodeOfCare/:id/$transition': {
    ask: ({ caseId }) => ({
      path: `/fhir/EpisodeOfCare/${caseId}/$transition`,
      body: parameters({ name: 'to', valueCode: 'requested' })
    }),
    // the case is further than that
    within: [409]
  },
  'GET /fhir/EpisodeOfCare': {
    ask: () => ({}),
    beyond: answered => answered.status === 200,
    finds: some
  },
  'GET /fhir/EpisodeOfCare/:id': { ask: ({ caseId }) => at(`/fhir/EpisodeOfCare/${caseId}`) },
  'GET /fhir/CareTeam/:id': { ask: ({ caseId }) => at(`/fhir/CareTeam/${caseId}`) },
  'POST /fhir/Bundle': {
    ask: (named, role) => ({ body: freshDocument(named, role) }),
    within: depositWith(201),
    beyond: noDeposit
  },
  'POST /fhir/Bundle/$prepare-signature': {
    ask: (named, role) => {
      const { signature, ...document } = freshDocument(named, role)
      const [header = ''] = Buffer.from(signature!.data!, 'base64').toString().split('.')
      const { alg, kid, x5c } = JSON.parse(Buffer.from(header, 'base64url').toString())
      const certificates = (x5c as string[] | undefined)?.map(der => Buffer.from(der, 'base64'))
      const who = signature!.who!.identifier!
      return {
        body: prepareParameters(document, {
          alg,
          kid,
          ...(certificates && { certificates }),
          who,
          when: signature!.when!
        })
      }
    },
    within: depositWith(200),
    beyond: noDeposit
  },
  'POST /fhir/Bundle/$complete-signature': {
    ask: (named, role) => {
      const { signature, ...document } = freshDocument(named, role)
      return { body: completeParameters(document, Buffer.from(signature!.data!, 'base64').toString()) }
    },
    within: depositWith(201),
    beyond: noDeposit
  },
  'GET /fhir/Bundle/:id': { ask: ({ document }) => at(`/fhir/Bundle/${document}`) },
  'GET /fhir/DocumentReference': {
    ask: ({ subject }) => at(`/fhir/DocumentReference?${of(subject)}`),
    beyond: empty,
    finds: some
  },
  'GET /fhir/DocumentReference/:id': { ask: ({ document }) => at(`/fhir/DocumentReference/${document}`) },
  'GET /fhir/DocumentReference/:id/$receipt': {
    ask: ({ document }) => at(`/fhir/DocumentReference/${document}/$receipt`)
  },
  'GET /fhir/Binary/:id': {
    ask: ({ stamp }) => at(`/fhir/Binary/${stamp}`),
    // it lies beside the original, which is the hospital's and the worker's
    within: role => (role === 'hospital' || role === 'worker' ? [200] : [404])
  },
  'POST /fhir/DocumentReference/:id/$confirm': {
    ask: ({ document }) => ({
      path: `/fhir/DocumentReference/${document}/$confirm`,
      body: parameters({ name: 'slot', valueString: 'oc.sign.worker' })
    }),
    // the slot is the worker's
    within: role => (role === 'worker' ? [200] : [400])
  },
  'POST /fhir/Consent': {
    ask: ({ subject, party }, role) => {
      const [from, to] =
        role === 'employer-hr' ? (['employer-hr', 'hospital'] as const) : (['hospital', 'employer-hr'] as const)
      const consent = releaseConsent({
        subject,
        discloser: party(from).file.organization,
        recipients: [party(to).file.party],
        kinds: [role === 'employer-hr' ? 'work-information' : 'opinion-return'],
        classes: ['work-restriction']
      })
      // all but the worker record what was given on paper
      return { body: role === 'worker' ? consent : onPaper(consent, party(from).file.party) }
    },
    beyond: unknownCase
  },
  'PUT /fhir/Consent/:id': {
    ask: async ({ consent, party }) => {
      const { body, headers } = await party('worker').get<Consent>(`/fhir/Consent/${consent}`)
      return {
        path: `/fhir/Consent/${consent}`,
        body: { ...body, status: 'inactive', dateTime: '2020-01-01T00:00:00Z' },
        headers: { 'if-match': String(headers.etag) }
      }
    },
    // more is changed than may be
    within: [409]
  },
  'GET /fhir/Consent/:id': { ask: ({ consent }) => at(`/fhir/Consent/${consent}`) },
  'GET /fhir/Consent': { ask: ({ subject }) => at(`/fhir/Consent?${of(subject)}`), beyond: empty, finds: some },
  'GET /fhir/AuditEvent': { ask: ({ subject }) => at(`/fhir/AuditEvent?${of(subject)}`), beyond: empty, finds: some },
  'GET /fhir/AuditEvent/:id': { ask: ({ record }) => at(`/fhir/AuditEvent/${record}`) },
  'GET /fhir/AuditEvent/:id/$proof': { ask: ({ record }) => at(`/fhir/AuditEvent/${record}/$proof`) },
  'POST /fhir/Questionnaire/:id/$populate': {
    ask: ({ caseId }) => ({
      path: '/fhir/Questionnaire/support-plan-2026/$populate',
      body: parameters({ name: 'case', valueReference: { reference: `EpisodeOfCare/${caseId}` } })
    })
  },
  'POST /fhir/QuestionnaireResponse/$extract': {
    ask: () => ({ body: { resourceType: 'QuestionnaireResponse', status: 'completed' } }),
    // of no form
    within: [422]
  },
  'POST /fhir/:type/$validate': {
    ask: () => ({ path: '/fhir/Patient/$validate', body: { resourceType: 'Patient' } })
  },
  'POST /api/v1/cases': {
    ask: ({ story: { worker } }) => ({
      body: {
        kind: 'continuation',
        workerName: worker.name,
        workerKana: worker.kana,
        birthDate: worker.birthDate,
        localIdentifier: local
      }
    })
  },
  'GET /api/v1/cases': {
    ask: () => ({}),
    beyond: answered => answered.status === 200,
    finds: answered => items(answered).length > 0
  },
  'GET /api/v1/cases/:id': { ask: ({ caseId }) => at(`/api/v1/cases/${caseId}`) },
  'GET /api/v1/forms/:kind/:version': { ask: () => at('/api/v1/forms/support-plan/2026') },
  'PUT /api/v1/cases/:id/work-information': {
    ask: named => ({
      path: `/api/v1/cases/${named.caseId}/work-information`,
      body: { version: '2026', answers: answersOf(named, 'work-information') }
    })
  },
  'GET /api/v1/cases/:id/work-information': { ask: ({ caseId }) => at(`/api/v1/cases/${caseId}/work-information`) },
  'POST /api/v1/cases/:id/work-information/confirm': {
    ask: ({ caseId }) => ({ path: `/api/v1/cases/${caseId}/work-information/confirm` })
  },
  'PUT /api/v1/cases/:id/plan': {
    ask: named => ({
      path: `/api/v1/cases/${named.caseId}/plan`,
      body: { version: '2026', answers: answersOf(named, 'support-plan') }
    })
  },
  'GET /api/v1/cases/:id/plan': { ask: ({ caseId }) => at(`/api/v1/cases/${caseId}/plan`) },
  'POST /api/v1/cases/:id/plan/confirm': { ask: ({ caseId }) => ({ path: `/api/v1/cases/${caseId}/plan/confirm` }) },
  'GET /api/v1/documents/:id': { ask: ({ document }) => at(`/api/v1/documents/${document}`) },
  'POST /api/v1/imports': {
    ask: ({ identifier }) => ({
      body: `case,wi.occupation\r\n${identifier},x`,
      headers: { 'content-type': 'text/csv' }
    }),
    within: [202],
    // what is wrong with a row is told row by row
    beyond: ({ status }) => status === 202
  },
  'GET /api/v1/imports/:id': { ask: named => at(`/api/v1/imports/${named.import}`) },
  'GET /api/v1/partners': { ask: () => ({}), finds: answered => items(answered).length > 0 },
  'POST /api/v1/partners': { ask: () => ({ body: {} }), within: [400] },
  'PATCH /api/v1/partners/:clientId': {
    ask: ({ party }) => ({ path: `/api/v1/partners/${party('supervisor').file.clientId}`, body: { disabled: false } })
  },
  'POST /api/v1/partners/:clientId/invitations': {
    ask: ({ party }) => ({
      path: `/api/v1/partners/${party('supervisor').file.clientId}/invitations`,
      body: { role: 'auditor', name: '監査 太郎' }
    })
  },
  'GET /metrics': { ask: () => ({}) }
}

const toKnown = ({ caseId: id, identifier, subject }: Named) => ({ id, identifier, subject })

/** A code that holds for who may use one; for who may not, one that does not. */
const codeFor = (named: Named, role: ClientRole): Promise<string> =>
  joining.some(each => each === role) ? named.freshCode(role as Joining) : Promise.resolve('AAAAAAAAAAAAAAAAAAAAAA')

const call = async (caller: Party, name: RouteName, asking: Ask): Promise<Answered> => {
  const [method, pattern] = name.split(' ') as ['GET' | 'POST' | 'PUT' | 'PATCH', string]
  const { path = pattern, body, headers } = asking
  return caller.call(method, path, { ...(body !== undefined && { body }), ...(headers && { headers }) })
}

const seen = ({ status, text }: Answered) => `${status} ${text.slice(0, 300)}`

t.test('who may call what, cell by cell', async t => {
  const worlds: Worlds = await buildWorlds(callers, cases[4]!)
  t.teardown(() => worlds.stop())
  const named = (role: ClientRole) => ({
    own: worlds.own.named(role),
    colleague: worlds.colleague.named(role),
    stranger: worlds.stranger.named(role)
  })
  let cells = 0
  for (const [name, rules] of Object.entries(asked) as [KnownName, Asked][]) {
    const row: Row = whoMayCall[name]
    for (const role of roles) {
      const caller = worlds.own.parties[role]
      const about = named(role)
      const reach: Reach | undefined = row.may[role]
      for (const [whose, each] of Object.entries(about)) {
        const cell = `${name} | ${role} | ${whose} | ${reach ?? '–'}`
        const answered = await call(caller, name, await rules.ask(each, role))
        cells++
        if (reach === undefined) {
          t.equal(answered.status, 403, `${cell}: ${seen(answered)}`)
          t.equal(refusalOf(answered), 'role-not-allowed', cell)
        } else if (isWithin(reach, role, whose)) {
          const { within = [200, 201] } = rules
          const statuses = typeof within === 'function' ? within(role) : within
          t.ok(statuses.includes(answered.status), `${cell}: ${seen(answered)}`)
          if (rules.finds) t.ok(rules.finds(answered), `${cell} finds it`)
        } else {
          const isBeyond = rules.beyond ?? (({ status }: Answered) => status === 404)
          t.ok(isBeyond(answered), `${cell}: ${seen(answered)}`)
        }
      }
    }
  }
  t.equal(cells, Object.keys(asked).length * roles.length * 3)
  t.comment(`${cells} cells`)
})

/** Whether a call reaches a case of its own, of a colleague in the same organisation, or of strangers. */
function isWithin(reach: Reach, role: ClientRole, whose: string): boolean {
  if (reach === 'nothing' || reach === 'new' || reach === 'code' || reach === 'all') return true
  if (whose === 'own') return true
  return whose === 'colleague' && role !== 'worker'
}

t.test('nothing is served that the table does not name, and nothing named is not served', async t => {
  const running = await startGateway()
  t.teardown(() => running.stop())
  const served = new Set(
    running.gateway.routes.map(({ method, path }) =>
      path.endsWith('/$validate') ? 'POST /fhir/:type/$validate' : `${method} ${path}`
    )
  )
  t.same([...served].sort(), Object.keys(whoMayCall).sort())
  for (const { method, path, access } of running.gateway.routes) {
    const name = path.endsWith('/$validate') ? 'POST /fhir/:type/$validate' : `${method} ${path}`
    t.equal(access, whoMayCall[name as RouteName], name)
  }
})

t.test('without a token nothing but what is public answers', async t => {
  const running = await startGateway()
  t.teardown(() => running.stop())
  for (const [name, row] of Object.entries(whoMayCall)) {
    const [method, pattern] = name.split(' ') as [string, string]
    const path = pattern.replaceAll(/:\w+/gu, 'x')
    const { status } = await fetch(`${running.baseUrl}${path}`, { method })
    // clients authenticate there by an assertion, and none came
    if (path.startsWith('/oauth2/')) t.ok(status === 400 || status === 401, name)
    else if (row === 'public') t.not(status, 401, name)
    else t.equal(status, 401, name)
  }
})
