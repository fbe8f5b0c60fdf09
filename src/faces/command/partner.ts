import { as, type ClientId } from '../../document/ids.ts'
import type { Partner } from '../../document/partner.ts'
import { type ClientRole, roleOfClient } from '../../document/role.ts'
import { addPartner } from '../../journeys/partner/add-partner.ts'
import { changePartner } from '../../journeys/partner/change-partner.ts'
import { partnerFile } from '../../journeys/partner/partner-file.ts'
import { readPartner } from '../../journeys/partner/read-partner.ts'
import { type InviteParts, inviteAgain, invitePerson } from '../../journeys/person/invite-person.ts'
import { operationOutcome } from '../../outcome/operation-outcome.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { toInstant } from '../../standards/fhir-time.ts'
import { JsonError, readJson } from '../../standards/json.ts'
import { type Command, type Exit, exit, readArguments, readInput, type Terminal, WrongUse } from './command.ts'
import { issuesOf, printIssues } from './issues.ts'

export interface PartnerCommandParts {
  /** opens the home's store, also while a gateway serves from it */
  open(): Promise<{ readonly parts: InviteParts; close(): Promise<void> }>
  readonly allow: { readonly workerClients: boolean }
}

const options = { json: { type: 'boolean' } } as const

/** Registers, lists, changes, stops and starts clients. A gateway that runs on the same home sees it within a second. */
export function partnerCommand(settings: () => PartnerCommandParts): Command {
  return {
    name: 'partner',
    meaning:
      'Adds a client from a file and prints the file with clientId and party; lists clients; changes one by a file of the members\n' +
      '      that become others (null takes one away); stops one at once, and starts it again; invites a member of its staff or its auditor,\n' +
      '      or, by the account that was made then, the same person anew, whose passkeys and sessions end.',
    usage: [
      'partner add <file.json> [--json]',
      'partner list [--json]',
      'partner update <clientId> <file.json> [--json]',
      'partner disable <clientId> [--json]',
      'partner enable <clientId> [--json]',
      'partner invite <clientId> <role> <name> [--json]',
      'partner invite <account> [--json]'
    ],
    async run(args, terminal) {
      const { values, positionals } = readArguments(args, options)
      const act = actOf(positionals)
      const { open, allow } = settings()
      const { parts, close } = await open()
      try {
        return await act(parts, allow, { ...terminal, isJson: values.json === true })
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        return refused(error, terminal, values.json === true)
      } finally {
        await close()
      }
    }
  }
}

type Act = (
  parts: InviteParts,
  allow: PartnerCommandParts['allow'],
  terminal: Terminal & { readonly isJson: boolean }
) => Promise<Exit>

function actOf([verb, operand, file, ...more]: readonly string[]): Act {
  if (verb === 'list' && operand === undefined) return list
  if (verb === 'add' && operand !== undefined && file === undefined) return add(operand)
  if (verb === 'update' && operand !== undefined && file !== undefined && more.length === 0) {
    return change(operand, jsonIn(file))
  }
  if (verb === 'disable' && operand !== undefined && file === undefined) return change(operand, { disabled: true })
  if (verb === 'enable' && operand !== undefined && file === undefined) return change(operand, { disabled: false })
  if (verb === 'invite' && operand !== undefined && (file === undefined || more.length === 1)) {
    return invite(operand, file, more[0])
  }
  throw new WrongUse('add, list, update, disable, enable or invite')
}

/** The file is read and judged before the store is opened. */
function add(file: string): Act {
  const value = jsonIn(file)
  return async (parts, allow, terminal) => {
    const partner = await addPartner(parts, readPartner(value), allow)
    const { organization, ...others } = value as { readonly organization: object }
    const { clientId, party } = partner
    print(terminal, {
      clientId,
      party: `PractitionerRole/${party}`,
      organization: { ...organization, reference: `Organization/${partner.organization}` },
      ...others
    })
    return exit.held
  }
}

/** @param role undefined: `client` is the account of a person who lost their passkeys */
function invite(client: string, role: string | undefined, name: string | undefined): Act {
  const id = as<ClientId>(client)
  if (role !== undefined && !Object.hasOwn(roleOfClient, role)) throw new WrongUse(`${role} is no role`)
  if (name !== undefined && !/^\S(?:\P{C}*\S)?$/u.test(name)) throw new WrongUse('the name is one line')
  return async (parts, _, terminal) => {
    const invited =
      role === undefined || name === undefined
        ? await inviteAgain(parts, id)
        : await invitePerson(parts, { client: id, role: role as ClientRole, name, purposes: undefined })
    const { organization, expiresAt, ...others } = invited
    const expires = toInstant(expiresAt)
    print(terminal, { ...others, organization: `Organization/${organization}`, expires })
    return exit.held
  }
}

const list: Act = async (parts, _, terminal) => {
  const partners = parts.partners.all()
  if (terminal.isJson) print(terminal, { partners: partners.map(partnerFile) })
  else for (const partner of partners) terminal.out(line(partner))
  return exit.held
}

function change(client: string, value: unknown): Act {
  return async (parts, _, terminal) => {
    const partner = await changePartner(parts, as<ClientId>(client), value)
    if (terminal.isJson) print(terminal, partnerFile(partner))
    else terminal.out(line(partner))
    return exit.held
  }
}

const line = ({ clientId, role, organizationIdentifier, organizationName, disabled }: Partner) =>
  [clientId, disabled ? 'disabled' : 'enabled ', role.padEnd(12), organizationIdentifier.value, organizationName].join(
    '  '
  )

function print({ out, isJson }: Terminal & { readonly isJson: boolean }, value: object): void {
  out(JSON.stringify(value, null, isJson ? undefined : 2))
}

function refused(refusal: Refusal, terminal: Terminal, isJson: boolean): Exit {
  if (isJson) terminal.out(JSON.stringify(operationOutcome(refusal, 'ja', as(''))))
  else printIssues(issuesOf(refusal), { out: terminal.error })
  return exit.failed
}

function jsonIn(file: string): unknown {
  try {
    return readJson(readInput(file), { maxDepth: 16 }).value
  } catch (error) {
    if (error instanceof JsonError) throw new WrongUse(`${file}: ${error.message}`)
    throw error
  }
}
