import type { JsonWebKey } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { readJson } from '../../standards/json.ts'
import { KeyFileError } from '../keys/key-file-error.ts'
import type { OpenIdSettings } from './open-id-provider.ts'

type Members = Readonly<Record<string, unknown>>

/**
 * Reads the file of OpenID providers (`RYORITSU_OPENID_FILE`) and the secrets that it names, whose files only their owner may read:
 * `{"providers":[{"name","issuer","clientId","clientSecretFile" or "privateJwkFile","organizations":["system|value"],
 * "idTokenAlgorithm"?,"acrValues"?}]}`. Relative paths start at the file's folder.
 * @throws KeyFileError with all that is wrong
 */
export function readOpenIdSettings(file: string): readonly OpenIdSettings[] {
  const problems: string[] = []
  const given = membersOf(orUndefined(() => readJson(readFileSync(file), { maxDepth: 8 }).value)).providers
  if (!Array.isArray(given)) throw new KeyFileError([`${file}: holds no list of providers as JSON`])
  const providers = given.map((each: unknown, index) => {
    const note = (problem: string) => void problems.push(`${file}: provider ${index + 1}: ${problem}`)
    return readProvider(membersOf(each), path => resolve(dirname(file), path), note)
  })
  const names = new Set(providers.map(({ name }) => name))
  if (names.size < providers.length) problems.push(`${file}: two providers have one name`)
  if (problems.length > 0) throw new KeyFileError(problems)
  return providers
}

const known = new Set([
  'name',
  'issuer',
  'clientId',
  'clientSecretFile',
  'privateJwkFile',
  'organizations',
  'idTokenAlgorithm',
  'acrValues'
])
const algorithms = ['ES256', 'ES384', 'PS256', 'RS256', 'EdDSA']

function readProvider(
  given: Members,
  pathOf: (path: string) => string,
  note: (problem: string) => void
): OpenIdSettings {
  const { name, issuer, clientId, organizations, idTokenAlgorithm = 'RS256', acrValues = [] } = given
  for (const member of Object.keys(given)) if (!known.has(member)) note(`${member} is not known`)
  if (typeof name !== 'string' || !/^[a-z0-9-]{1,32}$/u.test(name)) note('name must be of a-z, 0-9 and -')
  if (!isIssuer(issuer)) note('issuer must be an https URL (http within this machine only)')
  if (typeof clientId !== 'string' || clientId === '') note('clientId is missing')
  if (!isList(organizations) || organizations.length === 0 || !organizations.every(each => each.includes('|')))
    note('organizations must list identifiers as system|value')
  if (!algorithms.includes(String(idTokenAlgorithm))) note(`idTokenAlgorithm must be one of ${algorithms.join(', ')}`)
  if (!isList(acrValues)) note('acrValues must be a list of texts')
  return {
    name: String(name),
    issuer: String(issuer),
    clientId: String(clientId),
    credential: readCredential(given, pathOf, note),
    organizations: isList(organizations) ? organizations : [],
    idTokenAlgorithm: String(idTokenAlgorithm),
    acrValues: isList(acrValues) ? acrValues : []
  }
}

function readCredential(
  { clientSecretFile, privateJwkFile }: Members,
  pathOf: (path: string) => string,
  note: (problem: string) => void
): OpenIdSettings['credential'] {
  const none = { secret: '' }
  const named = clientSecretFile ?? privateJwkFile
  if ((clientSecretFile === undefined) === (privateJwkFile === undefined) || typeof named !== 'string') {
    note('give one of clientSecretFile and privateJwkFile')
    return none
  }
  const path = pathOf(named)
  const mode = orUndefined(() => statSync(path).mode)
  if (mode === undefined) note(`${path} cannot be read`)
  else if ((mode & 0o077) !== 0) note(`others can read ${path}; set its mode to 0600`)
  if (mode === undefined || (mode & 0o077) !== 0) return none
  const text = readFileSync(path, 'utf8').trim()
  if (clientSecretFile !== undefined) {
    if (text === '') note(`${path} is empty`)
    return { secret: text }
  }
  const jwk = membersOf(orUndefined(() => readJson(Buffer.from(text), { maxDepth: 4 }).value))
  if (typeof jwk.d !== 'string') note(`${path} holds no private key as JWK`)
  return { privateJwk: jwk as JsonWebKey }
}

function isIssuer(value: unknown): boolean {
  const url = typeof value === 'string' ? URL.parse(value) : null
  if (url === null) return false
  const isBare = url.search === '' && url.hash === '' && url.username === '' && url.password === ''
  const isHere = url.protocol === 'http:' && /^(?:localhost|127\.\d+\.\d+\.\d+)$/u.test(url.hostname)
  return isBare && (isHere || url.protocol === 'https:')
}

const isList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every(each => typeof each === 'string' && each !== '')

const membersOf = (value: unknown): Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {}

function orUndefined<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
