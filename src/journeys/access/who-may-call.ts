import type { ClientRole } from '../../document/role.ts'

/**
 * How far a role reaches through a route. Beyond it the answer is that for what is not there: 404, or left out of a search.
 *
 * - `nothing`: nothing that is kept is read or written
 * - `new`: makes something of the caller's own organisation
 * - `code`: what the code stands for that the call holds, once
 * - `own`: cases in which the caller's organisation takes part (a worker: the worker's own), and of their documents what it wrote
 *   or what was released to it
 * - `party`: records and consents to which the caller's organisation is a party
 * - `all`: the gateway itself, and its partners
 */
export type Reach = 'nothing' | 'new' | 'code' | 'own' | 'party' | 'all'

/** One route: the SMART v2 scope that a token must cover, and how far each role reaches; a role that is not named gets 403. */
export interface Row {
  /** undefined: the token is enough */
  readonly scope: string | undefined
  readonly may: Readonly<Partial<Record<ClientRole, Reach>>>
  /** answers with health information: employer roles must say which person reads, and for which purpose */
  readonly health?: true
}

/** Without a token: by anybody, or in the browser session of a person of any role, who reaches what is that person's own. */
export type Open = 'public' | 'session'

const to = (reach: Reach, ...roles: readonly ClientRole[]): Row['may'] =>
  Object.fromEntries(roles.map(role => [role, reach]))

const parties = ['hospital', 'employer-hr', 'employer-ohp', 'supervisor', 'coordinator', 'worker'] as const
const everybody = [...parties, 'auditor', 'operator'] as const

const row = (scope: string | undefined, ...may: readonly Row['may'][]): Row => ({
  scope,
  may: Object.assign({}, ...may)
})
const health = (scope: string, ...may: readonly Row['may'][]): Row => ({ ...row(scope, ...may), health: true })

/**
 * Who may call what (design §4): the one place that says it, for each route that there is. What is not here is not served. The
 * README shows it, and a test asks each cell through the front door.
 */
export const whoMayCall = {
  'GET /fhir/metadata': 'public',
  'GET /fhir/Questionnaire': 'public',
  'GET /fhir/Questionnaire/:id': 'public',
  'GET /.well-known/smart-configuration': 'public',
  'GET /.well-known/oauth-authorization-server': 'public',
  'GET /.well-known/jwks.json': 'public',
  // by an assertion of the client
  'POST /oauth2/token': 'public',
  'POST /oauth2/introspect': 'public',
  'POST /oauth2/revoke': 'public',
  'GET /log/checkpoint': 'public',
  'GET /log/checkpoint.stamped': 'public',
  'GET /log/checkpoint.tsr': 'public',
  'GET /log/vkey': 'public',
  'GET /health/live': 'public',
  'GET /health/ready': 'public',
  'GET /openapi.json': 'public',
  'GET /docs': 'public',

  'POST /fhir/EpisodeOfCare/$open': row('system/EpisodeOfCare.c', to('new', 'employer-hr', 'hospital', 'worker')),
  'POST /fhir/EpisodeOfCare/$accept': row('system/EpisodeOfCare.u', to('code', 'worker')),
  'POST /fhir/EpisodeOfCare/$join': row('system/EpisodeOfCare.u', to('code', 'hospital', 'employer-hr', 'coordinator')),
  'POST /fhir/EpisodeOfCare/:id/$invite': row('system/EpisodeOfCare.u', to('own', 'worker')),
  'POST /fhir/EpisodeOfCare/:id/$confirm': row('system/EpisodeOfCare.u', to('own', 'hospital', 'worker')),
  'POST /fhir/EpisodeOfCare/:id/$recover': row('system/EpisodeOfCare.u', to('own', 'hospital')),
  'POST /fhir/EpisodeOfCare/:id/$transition': row(
    'system/EpisodeOfCare.u',
    to('own', 'worker', 'employer-hr', 'hospital')
  ),
  'GET /fhir/EpisodeOfCare': row('system/EpisodeOfCare.s', to('own', ...parties)),
  'GET /fhir/EpisodeOfCare/:id': row('system/EpisodeOfCare.r', to('own', ...parties)),
  'GET /fhir/CareTeam/:id': row('system/CareTeam.r', to('own', ...parties)),

  'POST /fhir/Bundle': row('system/Bundle.c', to('own', 'hospital', 'employer-hr', 'employer-ohp')),
  'POST /fhir/Bundle/$prepare-signature': row('system/Bundle.c', to('own', 'hospital', 'employer-hr', 'employer-ohp')),
  'POST /fhir/Bundle/$complete-signature': row('system/Bundle.c', to('own', 'hospital', 'employer-hr', 'employer-ohp')),
  'GET /fhir/Bundle/:id': health('system/Bundle.r', to('own', ...parties)),
  'GET /fhir/DocumentReference': health('system/DocumentReference.s', to('own', ...parties)),
  'GET /fhir/DocumentReference/:id': health('system/DocumentReference.r', to('own', ...parties)),
  'GET /fhir/DocumentReference/:id/$receipt': health('system/DocumentReference.r', to('own', ...parties)),
  // what lies beside originals, for who wrote them and for the worker
  'GET /fhir/Binary/:id': health('system/Binary.r', to('own', 'hospital', 'employer-hr', 'employer-ohp', 'worker')),
  'POST /fhir/DocumentReference/:id/$confirm': health(
    'system/DocumentReference.u',
    to('own', 'worker', 'employer-hr', 'employer-ohp', 'supervisor')
  ),

  // hospital and employer: what the worker gave them on paper, for what they wrote themselves
  'POST /fhir/Consent': row('system/Consent.c', to('own', 'worker', 'hospital', 'employer-hr')),
  'PUT /fhir/Consent/:id': row('system/Consent.u', to('own', 'worker')),
  'GET /fhir/Consent/:id': row('system/Consent.r', to('own', 'worker'), to('party', 'auditor')),
  'GET /fhir/Consent': row('system/Consent.s', to('own', 'worker'), to('party', 'auditor')),

  'GET /fhir/AuditEvent': row('system/AuditEvent.s', to('own', 'worker'), to('party', 'auditor')),
  'GET /fhir/AuditEvent/:id': row('system/AuditEvent.r', to('own', 'worker'), to('party', 'auditor')),
  'GET /fhir/AuditEvent/:id/$proof': row('system/AuditEvent.r', to('own', 'worker'), to('party', 'auditor')),

  'POST /fhir/Questionnaire/:id/$populate': health(
    'system/Questionnaire.r',
    to('own', 'hospital', 'employer-hr', 'employer-ohp', 'worker')
  ),
  'POST /fhir/QuestionnaireResponse/$extract': health('system/Questionnaire.r', to('nothing', ...parties)),
  // one route for each type with a definition, all of this row
  'POST /fhir/:type/$validate': row(undefined, to('nothing', ...everybody)),

  'POST /api/v1/cases': row('system/EpisodeOfCare.c', to('new', 'employer-hr', 'hospital', 'worker')),
  'GET /api/v1/cases': row('system/EpisodeOfCare.s', to('own', ...parties)),
  'GET /api/v1/cases/:id': row('system/EpisodeOfCare.r', to('own', ...parties)),
  'GET /api/v1/forms/:kind/:version': row('system/Questionnaire.r', to('nothing', ...everybody)),
  'PUT /api/v1/cases/:id/work-information': row('system/Bundle.c', to('own', 'employer-hr')),
  'GET /api/v1/cases/:id/work-information': row('system/Bundle.r', to('own', 'employer-hr', 'worker')),
  'POST /api/v1/cases/:id/work-information/confirm': row(
    'system/DocumentReference.u',
    to('own', 'employer-hr', 'worker')
  ),
  'PUT /api/v1/cases/:id/plan': row('system/Bundle.c', to('own', 'employer-hr')),
  // a plan tells of the treatment, work information does not
  'GET /api/v1/cases/:id/plan': health('system/Bundle.r', to('own', 'employer-hr', 'worker')),
  'POST /api/v1/cases/:id/plan/confirm': row('system/DocumentReference.u', to('own', 'employer-hr', 'worker')),
  'GET /api/v1/documents/:id': health('system/Bundle.r', to('own', ...parties)),
  'POST /api/v1/imports': row('system/Bundle.c', to('own', 'employer-hr')),
  'GET /api/v1/imports/:id': row('system/Bundle.r', to('own', 'employer-hr')),

  'GET /api/v1/partners': row('system/Partner.s', to('all', 'operator')),
  'POST /api/v1/partners': row('system/Partner.c', to('all', 'operator')),
  'PATCH /api/v1/partners/:clientId': row('system/Partner.u', to('all', 'operator')),
  'POST /api/v1/partners/:clientId/invitations': row('system/Partner.u', to('all', 'operator')),

  // what makes a session asks for a code or a passkey; what is in one is about its own person
  'GET /session/login/options': 'public',
  'POST /session/login': 'public',
  'POST /session/registration/options': 'public',
  'POST /session/registration': 'public',
  'POST /session/openid/:provider': 'public',
  'GET /session/openid/:provider/callback': 'public',
  'GET /session': 'session',
  'POST /session/logout': 'session',
  'POST /session/token': 'session',
  'GET /session/step-up/options': 'session',
  'POST /session/step-up': 'session',
  'GET /session/passkeys': 'session',
  'GET /session/passkeys/options': 'session',
  'POST /session/passkeys': 'session',
  'POST /session/passkeys/:id/remove': 'session',
  'POST /session/notices/:id/seen': 'session',

  'GET /metrics': row('system/Metrics.r', to('all', 'operator'))
} as const satisfies Readonly<Record<string, Row | Open>>

/** Method and path pattern of a route, as the table has it. */
export type RouteName = keyof typeof whoMayCall

/**
 * What the table says of a route.
 * @throws TypeError for one that is not in it, which must not be served
 */
export function rowOf(name: string): Row | Open {
  if (!Object.hasOwn(whoMayCall, name)) throw new TypeError(`who may call ${name} is not said`)
  return whoMayCall[name as RouteName]
}
