import type { Dispatcher } from 'undici'
import type { Route } from '../../src/faces/http/route.ts'

/** What there is to be known about a running gateway's contents, by anybody. */
export interface Known {
  /** of documents, views, consents, cases, records, forms, parties: whatever may stand in a path */
  readonly ids: readonly string[]
  /** how anybody knows any worker */
  readonly subjects: readonly string[]
  readonly cases: readonly string[]
  /** bodies beyond the usual ones, e.g. a document */
  readonly bodies: readonly object[]
}

export interface Request {
  readonly method: Dispatcher.HttpMethod
  readonly path: string
  readonly contentType?: string
  readonly body?: string
}

/** Calls of every route, with every id in each place of its path; those that only read come first. */
export function requestsTo(routes: readonly Route[], known: Known): readonly Request[] {
  const requests = routes.flatMap(route => callsOf(route, known))
  return requests.sort((one, other) => Number(one.method !== 'GET') - Number(other.method !== 'GET'))
}

function callsOf(route: Route, known: Known): readonly Request[] {
  const paths = pathsOf(route.path, known)
  const bodies = bodiesFor(route, known)
  const own: readonly Request[] =
    route.method === 'GET'
      ? paths.flatMap(path =>
          ['', ...queriesFor(path, route, known)].map(query => ({ method: 'GET', path: path + query }))
        )
      : paths.flatMap(path => bodies.map(body => ({ method: route.method, path, ...body })))
  const others = (['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const)
    .filter(method => method !== route.method)
    .map((method): Request => ({ method, path: paths[0]!, ...(method !== 'GET' && bodies[0]) }))
  return [...own, ...others]
}

/** Kinds and versions have values of their own; every other place takes every id that there is. */
const namedValues: Readonly<Record<string, readonly string[]>> = {
  kind: ['work-information', 'opinion-continuation', 'support-plan'],
  version: ['2024', '2026']
}

function pathsOf(pattern: string, { ids }: Known): readonly string[] {
  const [, before, name, after] = /^([^:*]*)(?::(\w+)|\*)(.*)$/u.exec(pattern) ?? []
  if (before === undefined) return [pattern]
  const values = namedValues[name ?? ''] ?? ids
  return values.flatMap(value => pathsOf(`${before}${encodeURIComponent(value)}${after}`, { ids } as Known))
}

function queriesFor(path: string, route: Route, { subjects }: Known): readonly string[] {
  if (path !== route.path || typeof route.access === 'string') return []
  const system = encodeURIComponent('https://ryoritsu.example/fhir/IdSystem/case-subject|')
  return [
    '?_count=100',
    '?status=current',
    '?status=active&_count=1',
    '?type=opinion-continuation',
    '?subtype=document-disclose',
    '?after=0',
    ...subjects.flatMap(subject => [
      `?patient.identifier=${system}${subject}`,
      `?patient.identifier=${subject}&_count=100`
    ])
  ]
}

function bodiesFor(
  { dialect, consumes, path }: Route,
  { cases, bodies }: Known
): readonly Omit<Request, 'method' | 'path'>[] {
  if (dialect === 'oauth')
    return [
      { contentType: 'application/x-www-form-urlencoded', body: 'grant_type=client_credentials&scope=system/*.cruds' }
    ]
  const contentType = consumes?.[0] ?? (dialect === 'fhir' ? 'application/fhir+json' : 'application/json')
  const usual = dialect === 'fhir' ? parametersOf(cases) : plainOf()
  // what is made anew has no id in its path
  const whole = path.includes(':') ? usual : [...usual, ...bodies]
  return whole.map(body => ({ contentType, body: JSON.stringify(body) }))
}

/** One body that holds what any operation may ask for. */
function parametersOf(cases: readonly string[]): readonly object[] {
  const slots = ['oc.sign.worker', 'sp.sign.hr', 'sp.sign.supervisor']
  return cases.map((id, index) => ({
    resourceType: 'Parameters',
    parameter: [
      { name: 'kind', valueCode: 'continuation' },
      { name: 'workerName', valueString: 'Jane Doe' },
      { name: 'workerKana', valueString: 'ジェーン ドウ' },
      { name: 'birthDate', valueDate: '1990-01-01' },
      { name: 'localIdentifier', valueIdentifier: { system: 'https://partner.example/staff', value: '7' } },
      { name: 'invitation', valueString: 'AAAAAAAAAAAAAAAAAAAAAA' },
      { name: 'code', valueString: 'AAAAAAAAAAAAAAAAAAAAAA' },
      { name: 'role', valueCode: 'employer' },
      { name: 'identityEvidence', valueCode: 'drivers-licence' },
      { name: 'confirmationCode', valueString: '000000' },
      { name: 'to', valueCode: index === 0 ? 'requested' : 'closed' },
      { name: 'slot', valueCode: slots[index % slots.length] },
      { name: 'case', valueReference: { reference: `EpisodeOfCare/${id}` } },
      { name: 'of', valueCode: 'document' }
    ]
  }))
}

const plainOf = (): readonly object[] => [
  {
    kind: 'continuation',
    workerName: 'Jane Doe',
    workerKana: 'ジェーン ドウ',
    birthDate: '1990-01-01',
    localIdentifier: { system: 'https://partner.example/staff', value: '7' },
    version: '2026',
    answers: {},
    of: 'document'
  }
]
