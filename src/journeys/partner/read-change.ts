import { isAccount, type Partner } from '../../document/partner.ts'
import type { Bilingual } from '../../outcome/issue.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { configurationFile } from './partner-file.ts'
import { readPartner } from './read-partner.ts'
import type { Wanted } from './represent.ts'

type Members = Readonly<Record<string, unknown>>

const fixed = ['role', 'organization', 'clientId', 'party']

/**
 * Reads a change to a partner's file as JSON Merge Patch does (RFC 7396): a member that is given replaces the one that is there, null
 * takes it away, what is left out stays. `jwks` and `jwksUri` take each other's place. `disabled` stops and starts the client.
 * `onBehalfOf` is the whole list, or `{"add":[…],"remove":[…]}`.
 * @param value parsed JSON
 * @throws Refusal `parameter-invalid` with an issue for each fault
 */
export function readChange(partner: Partner, value: unknown): Wanted {
  if (!isObject(value)) throw refusal('', { ja: 'JSON のオブジェクトではありません。', en: 'This is no object.' })
  for (const name of fixed) {
    if (Object.hasOwn(value, name)) {
      throw refusal(name, { ja: '変更できません。', en: 'This cannot be changed; add another client instead.' })
    }
  }
  const { disabled, ...members } = value
  if (disabled !== undefined && typeof disabled !== 'boolean') {
    throw refusal('disabled', { ja: 'true か false にしてください。', en: 'Write true or false.' })
  }
  const switched = disabled === undefined ? {} : { disabled }
  // one that must stop is not asked whether its keys are still good enough
  if (Object.keys(members).length === 0) return switched
  // whoever gave an account a key could act as that person
  if (isAccount(partner)) {
    throw refusal('', {
      ja: '人のアカウントで変更できるのは disabled だけです。',
      en: 'Of the account of a person nothing but disabled can be changed.'
    })
  }
  const { role, organization, onBehalfOf, ...configuration } = readPartner(mergedFile(partner, members))
  return { ...switched, configuration, ...(Object.hasOwn(members, 'onBehalfOf') && { onBehalfOf: onBehalfOf ?? [] }) }
}

function mergedFile(partner: Partner, members: Members): object {
  const { role, organizationName: name, organizationIdentifier: identifier } = partner
  const before: Members = configurationFile(partner)
  const merged: Record<string, unknown> = { role, organization: { name, identifier }, ...before, ...members }
  if (isSet(members.jwksUri) && !isSet(members.jwks)) delete merged.jwks
  if (isSet(members.jwks) && !isSet(members.jwksUri)) delete merged.jwksUri
  // what stays is not read again
  if (!Object.hasOwn(members, 'onBehalfOf')) delete merged.onBehalfOf
  else if (isObject(members.onBehalfOf)) merged.onBehalfOf = listWith(before.onBehalfOf, members.onBehalfOf)
  return Object.fromEntries(Object.entries(merged).filter(([, member]) => member !== null))
}

const isSet = (member: unknown): boolean => member !== undefined && member !== null

/** What is removed is named by reference, as the file names it. */
function listWith(before: unknown, { add = [], remove = [], ...others }: Members): readonly unknown[] {
  if (!Array.isArray(add) || !Array.isArray(remove) || Object.keys(others).length > 0) {
    throw refusal('onBehalfOf', { ja: 'add と remove の一覧を書いてください。', en: 'Give the lists add and remove.' })
  }
  const gone = new Set<unknown>(remove)
  // what is added goes before what is there, so that its handling rules do too
  const all = [...add, ...((before ?? []) as readonly unknown[])]
  return all.filter(each => !gone.has(isObject(each) ? each.reference : each))
}

const refusal = (expression: string, text: Bilingual) =>
  new Refusal('parameter-invalid', {
    issues: [{ severity: 'error', code: 'value', rule: 'partner-file', expression, text }]
  })

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
