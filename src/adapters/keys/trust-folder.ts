import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JWK } from 'jose'
import type { Identifier } from '../../document/ids.ts'
import { readJson } from '../../standards/json.ts'

/** Our own public keys, of now and before. */
export interface OwnKeys {
  readonly jwks: object
  /** one key a line */
  readonly vkeys: readonly string[]
}

/** The folder of trust anchors (contract §2): the anchors and the rules are the operator's; our own public keys are written beside them. */
export function openTrustFolder(folder: string, own: OwnKeys): TrustRules & { readonly timestampRoots: string } {
  mkdirSync(folder, { recursive: true })
  publishKeys(folder, own)
  for (const name of ['roots.pem', timestampRootsFile]) {
    const file = join(folder, name)
    if (!existsSync(file)) writeFileSync(file, '')
  }
  return { ...readRules(folder), timestampRoots: readFileSync(join(folder, timestampRootsFile), 'utf8') }
}

/** Says which keys are ours. */
function publishKeys(folder: string, { jwks, vkeys }: OwnKeys): void {
  replace(join(folder, 'gateway.jwks.json'), `${JSON.stringify(jwks, null, 2)}\n`)
  replace(join(folder, 'log.vkey'), `${vkeys.join('\n')}\n`)
}

/** Says it anew wherever that has changed: keys are rotated while gateways run. */
export function keyPublisher(folder: string): (own: OwnKeys) => void {
  let said: string | undefined
  return own => {
    const text = JSON.stringify(own)
    if (text === said) return
    publishKeys(folder, own)
    said = text
  }
}

/** What the operator says of whom to believe, as text; undefined for a file that is not there. */
export interface TrustRules {
  readonly roots: string | undefined
  readonly anchors: string | undefined
  readonly signaturePolicy: string | undefined
}

function readRules(folder: string): TrustRules {
  const read = (name: string) => readIfThere(join(folder, name))
  return { roots: read('roots.pem'), anchors: read('anchors.json'), signaturePolicy: read('signature-policy.json') }
}

const readIfThere = (file: string): string | undefined => (existsSync(file) ? readFileSync(file, 'utf8') : undefined)

/** What stands in a trust folder, as text; undefined for a file that is not there. Nothing is written. */
export interface TrustFiles extends TrustRules {
  readonly timestampRoots: string | undefined
  readonly gatewayKeys: string | undefined
  readonly logKeys: string | undefined
  readonly signers: string | undefined
}

/** as many files of revocation data, and as large ones, as are read */
const maxRevocationFiles = 100
const maxRevocationBytes = 32 * 1024 * 1024

/** CRLs and OCSP responses of a folder, in the order of their names; others are passed over. */
export function readRevocation(folder: string): readonly Uint8Array[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(({ name }) => join(folder, name))
    .sort()
    .filter(file => statSync(file).size <= maxRevocationBytes)
    .slice(0, maxRevocationFiles)
    .map(file => readFileSync(file))
}

export function readTrustFolder(folder: string): TrustFiles {
  const read = (name: string) => readIfThere(join(folder, name))
  return {
    ...readRules(folder),
    timestampRoots: read(timestampRootsFile),
    gatewayKeys: read('gateway.jwks.json'),
    logKeys: read('log.vkey'),
    signers: read(signersFile)
  }
}

/** anchors of time-stamping authorities, which sign no documents */
const timestampRootsFile = 'tsa-roots.pem'
const signersFile = 'signers.jwks.json'

/** A partner's organisation with the public keys that it signs documents with. */
export interface Signers {
  readonly organization: Identifier
  readonly keys: readonly JWK[]
}

/**
 * Adds keys to `signers.jwks.json`, so that `ryoritsu verify` can judge what their organisations signed. Keys that stand there
 * already stay: documents outlive registrations, and an operator may have added keys by hand.
 * @throws Error where the file is there and is no JSON
 */
export function addSigners(folder: string, signers: readonly Signers[]): void {
  const file = join(folder, signersFile)
  const known = existsSync(file) ? (readJson(readFileSync(file), { maxDepth: 8 }).value as { keys: Signer[] }).keys : []
  const nameOf = ({ kid, 'x-organization': { system, value } }: Signer) => JSON.stringify([system, value, kid])
  const names = new Set(known.map(nameOf))
  const fresh = signers
    .flatMap(({ organization, keys }) => keys.map((jwk): Signer => ({ ...jwk, 'x-organization': organization })))
    .filter(signer => !names.has(nameOf(signer)))
  if (fresh.length === 0) return
  mkdirSync(folder, { recursive: true })
  replace(file, `${JSON.stringify({ keys: [...known, ...fresh] }, null, 2)}\n`)
}

type Signer = JWK & { readonly 'x-organization': Identifier }

/** Readers see the old file or the new one, never half of it, also where several gateways write it. */
function replace(file: string, text: string): void {
  const fresh = `${file}.${randomBytes(8).toString('hex')}.new`
  writeFileSync(fresh, text)
  renameSync(fresh, file)
}
