import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Party } from '../parties/party.ts'
import type { Known } from '../parties/story.ts'
import { gather, openedBy } from './acts.ts'
import type { Scene } from './scene.ts'

/**
 * Opens a case and leaves it where a visitor can go on: worker confirmed, hospital and employer in it, custody given,
 * nothing deposited and nothing released. Writes a file for each party (contract §2): who it is and how to call.
 *
 * `auditor` is the hospital's, who sees what was deposited, disclosed and denied; the employer's has a file beside it.
 * @returns the files, by party
 */
export async function writePartyFiles(scene: Scene, home: string): Promise<ReadonlyMap<string, string>> {
  const { town, story, operator } = scene
  const joined = await scene.step('1', '見学用のケース', 'a case for visitors, ready for an opinion', async saw =>
    gather(scene, await openedBy(scene, 'hr', saw), saw)
  )
  const folder = join(home, 'sandbox')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const hospital = { name: story.hospital.name, identifier: story.hospital.identifier }
  const employer = { name: story.employer.name, identifier: story.employer.identifier }
  const worker = { person: { id: `worker-${story.number}`, name: story.worker.name } }
  const parties: readonly (readonly [name: string, party: Party, known: Known | undefined, more: object])[] = [
    ['hospital', town.hospital, joined.hospital, { represents: hospital }],
    ['employer-hr', town.hr, joined.hr, { represents: employer }],
    ['employer-ohp', town.ohp, joined.hr, { represents: employer }],
    ['worker', town.worker, joined.worker, worker],
    ['auditor', town.hospitalAuditor, joined.hospital, { represents: hospital }],
    ['employer-auditor', town.employerAuditor, joined.hr, { represents: employer }],
    ['operator', operator, undefined, {}]
  ]
  const files = new Map<string, string>()
  for (const [name, { file: known }, at, more] of parties) {
    const file = join(folder, `${name}.json`)
    const place = at && { caseId: at.id, caseSubject: at.subject }
    // whole or not at all, for whoever waits for it
    writeFileSync(`${file}.part`, `${JSON.stringify({ ...known, ...place, ...more }, null, 2)}\n`, { mode: 0o600 })
    renameSync(`${file}.part`, file)
    files.set(name, file)
  }
  return files
}
