import type { JWK } from 'jose'
import { assertionAlgorithms } from '../../authenticate/assertion.ts'
import { parseScope, splitScopes } from '../../authenticate/scope.ts'
import { identifierFault } from '../../document/identifier.ts'
import { as, type Identifier, type OrganizationId } from '../../document/ids.ts'
import type { HandlingRules } from '../../document/partner.ts'
import { type ClientRole, type PurposeCode, purposeCodes, roleOfClient } from '../../document/role.ts'
import type { Bilingual, Issue } from '../../outcome/issue.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { authorAlgorithms } from '../../signature/verify.ts'
import { isDate } from '../../standards/fhir-time.ts'
import type { NewPartner } from './add-partner.ts'
import type { NamedOrganization } from './places.ts'
import { readKeys } from './read-keys.ts'

type Members = Readonly<Record<string, unknown>>
type Note = (place: string, text: Bilingual) => undefined

const members = new Set([
  'role',
  'organization',
  'jwks',
  'jwksUri',
  'onBehalfOf',
  'signingKeys',
  'scope',
  'purposes',
  'dpop',
  'certificateThumbprint',
  'webhook',
  'handlingRules'
])

/**
 * Reads a partner file (contract §2) and says everything that is wrong with it at once. What is not known is refused, so that a
 * misspelt member does not pass silently.
 * @param value parsed JSON
 * @throws Refusal `parameter-invalid` with an issue for each fault, its place as a path such as `organization.identifier`
 */
export function readPartner(value: unknown): NewPartner {
  const issues: Issue[] = []
  const note: Note = (expression, text) => {
    issues.push({ severity: 'error', code: 'value', rule: 'partner-file', expression, text })
  }
  const file = isObject(value)
    ? value
    : note('', { ja: 'JSON のオブジェクトではありません。', en: 'This is no object.' })
  const partner = file && read(file, note)
  if (!partner || issues.length > 0) throw new Refusal('parameter-invalid', { issues })
  return partner
}

function read(file: Members, note: Note): NewPartner | undefined {
  for (const name of Object.keys(file)) {
    if (!members.has(name)) note(name, { ja: '知られていないメンバーです。', en: 'There is no such member.' })
  }
  const role = readRole(file.role, note)
  const organization = readOrganization(file.organization, note)
  const keys = readClientKeys(file, note)
  const onBehalfOf = readOnBehalfOf(file.onBehalfOf, role, note)
  const signingKeys =
    file.signingKeys === undefined
      ? { keys: [] as readonly JWK[] }
      : readKeys(file.signingKeys, { place: 'signingKeys', algorithms: authorAlgorithms, least: 0 }, note)
  const scope = readScope(file.scope, note)
  const purposes = readPurposes(file.purposes, role, note)
  const dpop = readDpop(file.dpop, note)
  const certificateThumbprint = readThumbprint(file.certificateThumbprint, note)
  const webhook = file.webhook === undefined ? undefined : readWebhook(file.webhook, note)
  const handlingRules = file.handlingRules === undefined ? undefined : readRules(file.handlingRules, note)
  if (!role || !organization || !keys || !signingKeys || !scope || !purposes) return undefined
  return {
    role,
    organization,
    ...keys,
    ...(onBehalfOf.length > 0 && { onBehalfOf }),
    signingKeys,
    scope,
    purposes,
    dpop,
    certificateThumbprint,
    webhook,
    handlingRules
  }
}

/** Exactly one of the keys themselves and the address where they are published. */
function readClientKeys({ jwks, jwksUri }: Members, note: Note): Pick<NewPartner, 'jwks' | 'jwksUri'> | undefined {
  if (jwks !== undefined && jwksUri !== undefined) {
    return note('jwksUri', { ja: 'jwks と jwksUri はどちらか一方だけです。', en: 'Give jwks or jwksUri, not both.' })
  }
  if (jwksUri === undefined) {
    const keys = readKeys(jwks, { place: 'jwks', algorithms: assertionAlgorithms, least: 1 }, note)
    return keys && { jwks: keys }
  }
  const url = readUrl(jwksUri, 'jwksUri', note)
  return url === undefined ? undefined : { jwks: { keys: [] }, jwksUri: url }
}

const actsForOthers: readonly ClientRole[] = ['hospital', 'employer-hr', 'employer-ohp', 'supervisor', 'coordinator']
const mostOrganizations = 20_000

/** References to organisations that are registered, or organisations as `organization` has them. */
function readOnBehalfOf(value: unknown, role: ClientRole | undefined, note: Note): readonly NamedOrganization[] {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return []
  const place = 'onBehalfOf'
  if (!Array.isArray(value) || value.length > mostOrganizations || (role && !actsForOthers.includes(role))) {
    note(place, {
      ja: `${mostOrganizations} 件以下の一覧にしてください。本人・監査・運営のクライアントは自らの組織だけです。`,
      en: `Give a list of at most ${mostOrganizations}; workers, auditors and operators act for themselves alone.`
    })
    return []
  }
  const seen = new Set<string>()
  return value.flatMap((each: unknown, index) => {
    const named = readNamed(each, `${place}[${index}]`, note)
    if (named === undefined) return []
    const name = 'id' in named ? named.id : JSON.stringify([named.identifier.system, named.identifier.value])
    if (seen.has(name)) return []
    seen.add(name)
    return [named]
  })
}

function readNamed(value: unknown, place: string, note: Note): NamedOrganization | undefined {
  const { reference, handlingRules, ...whole } = isObject(value) ? value : { reference: value }
  const rules = handlingRules === undefined ? undefined : readRules(handlingRules, note, `${place}.handlingRules`)
  const organization =
    reference === undefined ? readOrganization(whole, note, place) : readReference(reference, place, note)
  return organization && { ...organization, ...(rules && { handlingRules: rules }) }
}

function readReference(reference: unknown, place: string, note: Note): { readonly id: OrganizationId } | undefined {
  const [, id] = typeof reference === 'string' ? (/^Organization\/([A-Za-z0-9.-]{1,64})$/.exec(reference) ?? []) : []
  if (id !== undefined) return { id: as<OrganizationId>(id) }
  return note(place, {
    ja: 'Organization/… または name と identifier にしてください。',
    en: 'Give Organization/… or name and identifier.'
  })
}

function readRole(role: unknown, note: Note): ClientRole | undefined {
  if (typeof role === 'string' && Object.hasOwn(roleOfClient, role)) return role as ClientRole
  const roles = Object.keys(roleOfClient).join(', ')
  return note('role', { ja: `${roles} のいずれかにしてください。`, en: `Name one of ${roles}.` })
}

function readOrganization(value: unknown, note: Note, place = 'organization'): NewPartner['organization'] | undefined {
  const { name, identifier } = isObject(value) ? value : {}
  const isNamed = isLine(name, 200)
  if (!isNamed) {
    note(`${place}.name`, {
      ja: '名称を一行、200 字以内で書いてください。',
      en: 'Give a name of one line and at most 200 characters.'
    })
  }
  const known = readIdentifier(identifier, note, `${place}.identifier`)
  return isNamed && known ? { name, identifier: known } : undefined
}

function readIdentifier(value: unknown, note: Note, place: string): Identifier | undefined {
  const { system, value: number } = isObject(value) ? value : {}
  // tokens name organisations by both with | between them
  if (!isLine(system, 200) || !URL.canParse(system) || system.includes('|') || !isLine(number, 200)) {
    return note(place, {
      ja: 'system(URI)と value を書いてください。',
      en: 'Give system, a URI, and value.'
    })
  }
  const identifier = { system, value: number }
  if (identifierFault(identifier) === undefined) return identifier
  return note(`${place}.value`, {
    ja: '番号の形か検査数字が合いません。',
    en: 'The number is not of the form of its system, or its check digit does not fit.'
  })
}

function readScope(value: unknown, note: Note): readonly string[] | undefined {
  const scopes = typeof value === 'string' ? splitScopes(value) : []
  if (scopes.length > 0 && scopes.every(scope => parseScope(scope) !== undefined)) return scopes
  return note('scope', {
    ja: 'SMART v2 の system スコープを空白で区切って書いてください(例 system/Bundle.c)。',
    en: 'Give SMART v2 system scopes with spaces between, such as system/Bundle.c.'
  })
}

/** Whoever exchanges documents does so for a purpose; workers, auditors and operators need none. */
function readPurposes(value: unknown, role: ClientRole | undefined, note: Note): readonly PurposeCode[] | undefined {
  const needsNone = role === 'worker' || role === 'auditor' || role === 'operator'
  const purposes = value === undefined ? [] : value
  const isRight =
    Array.isArray(purposes) &&
    purposes.every(each => (purposeCodes as readonly unknown[]).includes(each)) &&
    new Set(purposes).size === purposes.length &&
    (needsNone || purposes.length > 0)
  if (isRight) return purposes as readonly PurposeCode[]
  const codes = purposeCodes.join(', ')
  return note('purposes', { ja: `${codes} から一つ以上を書いてください。`, en: `List one or more of ${codes}.` })
}

function readDpop(value: unknown, note: Note): boolean {
  if (value !== undefined && typeof value !== 'boolean') {
    note('dpop', { ja: 'true か false にしてください。', en: 'Write true or false.' })
  }
  return value === true
}

/** SHA-256 of the certificate's DER as base64url without padding (RFC 8705 section 3.1). */
function readThumbprint(value: unknown, note: Note): string | undefined {
  if (value === undefined) return undefined
  // 32 bytes: 42 digits, and one of which four bits count
  if (typeof value === 'string' && /^[\w-]{42}[AEIMQUYcgkosw048]$/.test(value)) return value
  return note('certificateThumbprint', {
    ja: '証明書(DER)の SHA-256 を base64url で書いてください(x5t#S256)。',
    en: 'Give the SHA-256 of the certificate (DER) as base64url without padding (x5t#S256).'
  })
}

/** Notifications carry no content, but whom they reach is still told to nobody on the way. */
const readWebhook = (value: unknown, note: Note) => readUrl(value, 'webhook', note)

function readUrl(value: unknown, place: string, note: Note): string | undefined {
  const url = typeof value === 'string' && value.length <= 2000 && URL.canParse(value) ? new URL(value) : undefined
  const isOpen = url && (url.protocol === 'https:' || (url.protocol === 'http:' && loopback.test(url.hostname)))
  if (isOpen && url.username === '' && url.password === '' && url.hash === '') return value as string
  return note(place, {
    ja: 'https の URL にしてください(この機械の中だけは http も可)。利用者名とフラグメントは書けません。',
    en: 'Give an https URL (http within this machine only) without user name and fragment.'
  })
}

const loopback = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

function readRules(value: unknown, note: Note, place = 'handlingRules'): HandlingRules | undefined {
  const { recordedOn, headings, ...others } = isObject(value) ? value : {}
  const isDay = typeof recordedOn === 'string' && recordedOn.length === 10 && isDate(recordedOn)
  const isList = Array.isArray(headings) && headings.every(each => isLine(each, 200))
  if (isDay && isList && new Set(headings).size === 9 && headings.length === 9 && Object.keys(others).length === 0) {
    return { recordedOn, headings }
  }
  return note(place, {
    ja: 'recordedOn(日付)と、取扱規程の九つの見出し headings を書いてください。',
    en: 'Give recordedOn, a date, and headings, the nine of the handling rules.'
  })
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** One line that an audit record can hold. */
function isLine(value: unknown, most: number): value is string {
  return (
    typeof value === 'string' &&
    value.length <= most &&
    /^[^\s\p{C}](?:[^\p{Cc}\p{Zl}\p{Zp}]*[^\s\p{C}])?$/u.test(value)
  )
}
