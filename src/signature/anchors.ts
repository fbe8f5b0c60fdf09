import { createHash } from 'node:crypto'
import { JsonError, readJson } from '../standards/json.ts'
import { hpkiRoles, type RoleScheme } from './healthcare-role.ts'

/** What a trust anchor is believed (anchors.json). */
export interface AnchorRules {
  /** OIDs of which one must hold along the path; undefined: whatever it certifies */
  readonly policies: readonly string[] | undefined
  /** whether its certificates prove a national qualification, by a role of those below */
  readonly qualification: boolean
  readonly roles: readonly string[]
  readonly roleScheme: RoleScheme
  /** whether a signature is refused where nothing can be learnt of revocation */
  readonly requiresRevocation: boolean
}

export interface Anchor {
  readonly der: Uint8Array
  readonly rules: AnchorRules
}

/** An anchor that anchors.json does not name. */
export const plainRules: AnchorRules = {
  policies: undefined,
  qualification: false,
  roles: [],
  roleScheme: hpkiRoles,
  requiresRevocation: false
}

/** Everything that is wrong with a file of the trust folder. */
export class TrustFileError extends TypeError {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'TrustFileError'
    this.problems = problems
  }
}

/**
 * Reads `anchors.json`: what each certificate of roots.pem is believed, by its SHA-256 in hexadecimal, as
 * `openssl x509 -fingerprint -sha256` writes it (colons may stand or not).
 * @param roots certificates in DER (`readRoots`)
 * @param json undefined: there is no such file
 * @throws TrustFileError with every problem, among them a thumbprint that no certificate of roots.pem has
 */
export function readAnchors(roots: readonly Uint8Array[], json: string | undefined): readonly Anchor[] {
  const rules = json === undefined ? new Map<string, AnchorRules>() : readRules(json, new Set(roots.map(thumbprintOf)))
  return roots.map(der => ({ der, rules: rules.get(thumbprintOf(der)) ?? plainRules }))
}

const thumbprintOf = (der: Uint8Array): string => createHash('sha256').update(der).digest('hex')

function readRules(json: string, roots: ReadonlySet<string>): ReadonlyMap<string, AnchorRules> {
  const file = parse(json)
  if (!isObject(file) || !isObject(file.anchors)) throw new TrustFileError(['needs an object "anchors"'])
  const problems = Object.keys(file)
    .filter(name => name !== 'anchors')
    .map(name => `${name}: no such member`)
  const found = new Map<string, AnchorRules>()
  for (const [name, entry] of Object.entries(file.anchors)) {
    const thumbprint = name.replaceAll(':', '').toLowerCase()
    const add = (problem: string) => problems.push(`anchor ${name}: ${problem}`)
    if (!/^[0-9a-f]{64}$/.test(thumbprint)) add('the name must be the SHA-256 of a certificate, in hexadecimal')
    else if (!roots.has(thumbprint)) add('roots.pem holds no certificate of this SHA-256')
    else if (found.has(thumbprint)) add('stands there twice')
    found.set(thumbprint, readEntry(entry, add))
  }
  if (problems.length > 0) throw new TrustFileError(problems)
  return found
}

function parse(json: string): unknown {
  try {
    return readJson(Buffer.from(json), { maxDepth: 8 }).value
  } catch (error) {
    if (error instanceof JsonError) throw new TrustFileError([error.message])
    throw error
  }
}

const oid = /^[012](\.(0|[1-9]\d*))+$/
const isOid = (value: unknown): value is string => typeof value === 'string' && oid.test(value)
const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

const members: Readonly<Record<string, readonly [(value: unknown) => boolean, string]>> = {
  name: [isText, 'must be text'],
  policies: [isListOf(isOid), 'must be a list of OIDs, at least one'],
  qualification: [value => typeof value === 'boolean', 'must be true or false'],
  roles: [isListOf(isText), 'must be a list of texts, at least one'],
  roleAttribute: [isOid, 'must be an OID'],
  roleScheme: [isOid, 'must be an OID'],
  revocation: [value => value === 'required' || value === 'optional', 'must be "required" or "optional"']
}

function readEntry(entry: unknown, add: (problem: string) => void): AnchorRules {
  if (!isObject(entry)) {
    add('must be an object')
    return plainRules
  }
  for (const [name, value] of Object.entries(entry)) {
    const [isRight, must] = members[name] ?? [() => false, 'no such member']
    if (!isRight(value)) add(`${name}: ${must}`)
  }
  if (entry.qualification === true && entry.policies === undefined) add('qualification: needs policies beside it')
  if (entry.roles !== undefined && entry.qualification !== true) add('roles: mean nothing without qualification')
  return {
    policies: entry.policies as readonly string[] | undefined,
    qualification: entry.qualification === true,
    roles: (entry.roles ?? ['Medical Doctor']) as readonly string[],
    roleScheme: {
      attribute: (entry.roleAttribute ?? hpkiRoles.attribute) as string,
      scheme: (entry.roleScheme ?? hpkiRoles.scheme) as string
    },
    requiresRevocation: entry.revocation === 'required'
  }
}

function isListOf(isRight: (value: unknown) => boolean): (value: unknown) => boolean {
  return value => Array.isArray(value) && value.length > 0 && value.every(isRight)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
