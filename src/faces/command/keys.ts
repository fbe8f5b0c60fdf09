import { type KeyPurpose, keyPurposes } from '../../document/signer.ts'
import { type Rotated, type RotateParts, rotateSigningKeys } from '../../journeys/keys/rotate-keys.ts'
import { rotateMaster } from '../../journeys/keys/rotate-master.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { toInstant } from '../../standards/fhir-time.ts'
import { type Command, type Exit, exit, readArguments, readInput, type Terminal, WrongUse } from './command.ts'
import { issuesOf, printIssues } from './issues.ts'

export interface KeysCommandParts {
  /** opens the home's keys and store, also while gateways serve from it */
  open(): Promise<{ readonly parts: RotateParts; close(): Promise<void> }>
}

const options = {
  json: { type: 'boolean' },
  all: { type: 'boolean' },
  grace: { type: 'string' },
  pkcs11: { type: 'string' }
} as const
const purposes = [...keyPurposes, 'master'] as const
const usualGraceSeconds = 5
const mostGraceSeconds = 7 * 86_400

/** Lists and rotates the gateway's keys, beside gateways at work: none of their requests fails. */
export function keysCommand({ open }: KeysCommandParts): Command {
  return {
    name: 'keys',
    meaning:
      'Lists the keys, or replaces some while gateways run: the new one is published, signs after the grace (seconds, 5 by default; as\n' +
      '      long as partners keep our public keys), and the old one is taken away. What it signed stays verifiable. Run it again if it\n' +
      '      was cut off. A master key that was replaced is destroyed: backups made before can then be read only with a copy of it.\n' +
      '      --pkcs11 names a file that says where the next key lies in a token: module, token, label, id (hex), pinFile.',
    usage: [
      'keys list [--json]',
      `keys rotate <${purposes.join('|')}>… | --all [--grace <seconds>] [--json]`,
      'keys rotate <purpose> --pkcs11 <file> [--grace <seconds>] [--json]'
    ],
    async run(args, terminal) {
      const { values, positionals } = readArguments(args, options)
      const act = actOf(positionals, values)
      const { parts, close } = await open()
      try {
        return await act(parts, terminal, values.json === true)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        printIssues(issuesOf(error), { out: terminal.error })
        return exit.failed
      } finally {
        await close()
      }
    }
  }
}

type Act = (parts: RotateParts, terminal: Terminal, isJson: boolean) => Promise<Exit>

function actOf(
  [verb, ...named]: readonly string[],
  { all = false, grace, pkcs11 }: { readonly all?: boolean; readonly grace?: string; readonly pkcs11?: string }
): Act {
  if (verb === 'list' && named.length === 0 && !all && grace === undefined && pkcs11 === undefined) return list
  if (verb !== 'rotate') throw new WrongUse('list or rotate')
  if (all === named.length > 0) throw new WrongUse('name the keys to rotate, or --all')
  const unknown = named.find(name => !purposes.includes(name as KeyPurpose))
  if (unknown !== undefined) throw new WrongUse(`there is no key for ${unknown}`)
  const wanted = all ? purposes : purposes.filter(purpose => named.includes(purpose))
  if (pkcs11 !== undefined && (wanted.length !== 1 || wanted[0] === 'master'))
    throw new WrongUse('--pkcs11 goes with one purpose, and not with master')
  return rotate(wanted, 1000 * secondsIn(grace), pkcs11 === undefined ? undefined : placeIn(pkcs11))
}

const list: Act = async (parts, { out }, isJson) => {
  const signing = parts.keys.facts().map(({ since, ...key }) => ({ ...key, since: toInstant(since) }))
  const masters = parts.masters.all().map(({ name }, index) => ({
    purpose: 'master',
    kid: name,
    state: index === 0 ? 'current' : parts.masters.isOneWaiting ? 'next' : 'retired'
  }))
  if (isJson) out(JSON.stringify({ keys: [...signing, ...masters] }))
  else for (const key of [...signing, ...masters]) out(line(key))
  return exit.held
}

function line(key: {
  readonly purpose: string
  readonly kid: string
  readonly state: string
  readonly since?: string
}) {
  return [key.purpose.padEnd(8), key.state.padEnd(7), key.kid, key.since ?? ''].join('  ').trimEnd()
}

/** Where a key lies in a token; what has to stand in the file, the adapter says. */
function placeIn(file: string): object {
  const text = readInput(file).toString()
  try {
    const place: unknown = JSON.parse(text)
    if (typeof place === 'object' && place !== null) return place
  } catch {
    // as for anything else that is no object
  }
  throw new WrongUse(`${file}: no JSON object`)
}

function rotate(wanted: readonly (typeof purposes)[number][], graceMs: number, place: object | undefined): Act {
  return async (parts, terminal, isJson) => {
    const rotated: Rotated[] = []
    const ended = await parts.exclusively(async () => {
      const signing = keyPurposes.filter(purpose => wanted.includes(purpose))
      if (signing.length > 0) rotated.push(...(await rotateSigningKeys(parts, signing, graceMs, place)))
      if (wanted.includes('master')) rotated.push(await rotateMaster(parts, graceMs))
    })
    if (isJson) terminal.out(JSON.stringify({ ok: ended === 'done', rotated }))
    else if (ended === 'busy') terminal.error('another process is rotating keys of this home; nothing was done')
    for (const { purpose, kid, retired } of isJson ? [] : rotated)
      terminal.out(`${purpose}: ${kid} in the place of ${retired.join(', ') || 'one that was taken away before'}`)
    return ended === 'done' ? exit.held : exit.failed
  }
}

function secondsIn(text = String(usualGraceSeconds)): number {
  const seconds = Number(text)
  if (!/^\d+$/u.test(text) || seconds < 2 || seconds > mostGraceSeconds)
    throw new WrongUse(`--grace takes whole seconds from 2 to ${mostGraceSeconds}`)
  return seconds
}
