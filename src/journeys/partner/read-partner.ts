import type { JWK } from 'jose'
import { assertionAlgorithms } from '../../authenticate/assertion.ts'
import { parseScope, splitScopes } from '../../authenticate/scope.ts'
import { identifierFault } from '../../document/identifier.ts'
import type { Identifier } from '../../document/ids.ts'
import type { HandlingRules } from '../../document/partner.ts'
import { type ClientRole, type PurposeCode, purposeCodes, roleOfClient } from '../../document/role.ts'
import type { Bilingual, Issue } from '../../outcome/issue.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { authorAlgorithms } from '../../signature/verify.ts'
import { isDate } from '../../standards/fhir-time.ts'
import type { NewPartner } from './add-partner.ts'
import { readKeys } from './read-keys.ts'

type Members = Readonly<Record<string, unknown>>
type Note = (place: string, text: Bilingual) => undefined

/** Members that a later version will know; none may pass as if it had an effect. */
const notYet = ['jwksUri', 'dpop', 'certificateThumbprint', 'onBehalfOf']
const members = new Set([
  'role',
  'organization',
  'jwks',
  'signingKeys',
  'scope',
  'purposes',
  'webhook',
  'handlingRules',
  ...notYet
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
  for (const name of notYet) {
    if (isSet(file[name])) {
      note(name, { ja: 'この版ではまだ使えません。', en: 'This version does not support it yet.' })
    }
  }
  const role = readRole(file.role, note)
  const organization = readOrganization(file.organization, note)
  const jwks = readKeys(file.jwks, { place: 'jwks', algorithms: assertionAlgorithms, least: 1 }, note)
  const signingKeys =
    file.signingKeys === undefined
      ? { keys: [] as readonly JWK[] }
      : readKeys(file.signingKeys, { place: 'signingKeys', algorithms: authorAlgorithms, least: 0 }, note)
  const scope = readScope(file.scope, note)
  const purposes = readPurposes(file.purposes, role, note)
  const webhook = file.webhook === undefined ? undefined : readWebhook(file.webhook, note)
  const handlingRules = file.handlingRules === undefined ? undefined : readRules(file.handlingRules, note)
  if (!role || !organization || !jwks || !signingKeys || !scope || !purposes) return undefined
  return { role, organization, jwks, signingKeys, scope, purposes, webhook, handlingRules }
}

/** `dpop: false` and an empty `onBehalfOf` ask for nothing. */
const isSet = (value: unknown): boolean =>
  value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0)

function readRole(role: unknown, note: Note): ClientRole | undefined {
  if (typeof role === 'string' && Object.hasOwn(roleOfClient, role)) return role as ClientRole
  const roles = Object.keys(roleOfClient).join(', ')
  return note('role', { ja: `${roles} のいずれかにしてください。`, en: `Name one of ${roles}.` })
}

function readOrganization(value: unknown, note: Note): NewPartner['organization'] | undefined {
  const { name, identifier } = isObject(value) ? value : {}
  const isNamed = isLine(name, 200)
  if (!isNamed) {
    note('organization.name', {
      ja: '名称を一行、200 字以内で書いてください。',
      en: 'Give a name of one line and at most 200 characters.'
    })
  }
  const known = readIdentifier(identifier, note)
  return isNamed && known ? { name, identifier: known } : undefined
}

function readIdentifier(value: unknown, note: Note): Identifier | undefined {
  const place = 'organization.identifier'
  const { system, value: number } = isObject(value) ? value : {}
  if (!isLine(system, 200) || !URL.canParse(system) || !isLine(number, 200)) {
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

/** Notifications carry no content, but whom they reach is still told to nobody on the way. */
function readWebhook(value: unknown, note: Note): string | undefined {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined
  const isOpen = url && (url.protocol === 'https:' || (url.protocol === 'http:' && loopback.test(url.hostname)))
  if (isOpen && url.username === '' && url.password === '' && url.hash === '') return value as string
  return note('webhook', {
    ja: 'https の URL にしてください(この機械の中だけは http も可)。利用者名とフラグメントは書けません。',
    en: 'Give an https URL (http within this machine only) without user name and fragment.'
  })
}

const loopback = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

function readRules(value: unknown, note: Note): HandlingRules | undefined {
  const { recordedOn, headings, ...others } = isObject(value) ? value : {}
  const isDay = typeof recordedOn === 'string' && recordedOn.length === 10 && isDate(recordedOn)
  const isList = Array.isArray(headings) && headings.every(each => isLine(each, 200))
  if (isDay && isList && new Set(headings).size === 9 && headings.length === 9 && Object.keys(others).length === 0) {
    return { recordedOn, headings }
  }
  return note('handlingRules', {
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
