import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NewPartner } from '../../src/journeys/partner/add-partner.ts'
import { type Added, type Desk, partnerFile } from '../parties/register.ts'
import { childEnvironment } from '../sizes.ts'

const project = join(import.meta.dirname, '../..')

/** The operator at a terminal: `ryoritsu partner add` beside a gateway that runs, which notices within a second. */
export function commandLine(baseUrl: string, env: Readonly<Record<'RYORITSU_HOME', string>>): Desk {
  const folder = join(env.RYORITSU_HOME, 'sandbox', 'partners')
  let number = 0
  return {
    baseUrl,
    async add(partner: NewPartner): Promise<Added> {
      mkdirSync(folder, { recursive: true })
      const file = join(folder, `${++number}-${partner.role}.json`)
      writeFileSync(file, JSON.stringify(partnerFile(partner), null, 2))
      const printed = (await ryoritsu(['partner', 'add', file, '--json'], env)) as {
        readonly clientId: string
        readonly party: string
        readonly organization: { readonly reference: string }
      }
      const { clientId, party, organization } = printed
      return { clientId, party: idOf(party), organization: idOf(organization.reference) }
    }
  }
}

const idOf = (reference: string): string => reference.split('/')[1]!

/** @throws Error with all that it said where it ends with anything but 0 */
function ryoritsu(args: readonly string[], env: Readonly<Record<string, string>>): Promise<unknown> {
  const child = spawn(process.execPath, ['src/ryoritsu.ts', ...args], {
    cwd: project,
    env: { ...childEnvironment(), ...env }
  })
  const chunks: Buffer[] = []
  const errors: Buffer[] = []
  child.stdout.on('data', chunk => chunks.push(chunk))
  child.stderr.on('data', chunk => errors.push(chunk))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => {
      if (code === 0) resolve(JSON.parse(Buffer.concat(chunks).toString()))
      else
        reject(
          new Error(
            `ryoritsu ${args.slice(0, 2).join(' ')} ends with ${code}: ${Buffer.concat([...errors, ...chunks])}`
          )
        )
    })
  })
}
