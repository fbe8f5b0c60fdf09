import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Party } from '../parties/party.ts'
import type { Known } from '../parties/story.ts'
import { gather, openedBy } from './acts.ts'
import type { Scene } from './scene.ts'

/**
 * Opens one more case and leaves it where a visitor can go on: worker confirmed, hospital and employer in it, custody given,
 * nothing deposited and nothing released. Writes a file for each party (contract §2): who it is and how to call.
 * @returns the files, by party
 */
export async function writePartyFiles(
  scene: Scene,
  operator: Party,
  home: string
): Promise<ReadonlyMap<string, string>> {
  const { town } = scene
  const joined = await scene.step('1', '見学用のケース', 'a case for visitors, ready for an opinion', async saw =>
    gather(scene, await openedBy(scene, 'hr', saw), saw)
  )
  const folder = join(home, 'sandbox')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const parties: readonly (readonly [string, Party, Known | undefined])[] = [
    ['hospital', town.hospital, joined.hospital],
    ['employer-hr', town.hr, joined.hr],
    ['employer-ohp', town.ohp, joined.hr],
    ['worker', town.worker, joined.worker],
    ['auditor', town.employerAuditor, joined.hr],
    ['operator', operator, undefined]
  ]
  const files = new Map<string, string>()
  for (const [name, party, known] of parties) {
    const file = join(folder, `${name}.json`)
    const place = known && { caseId: known.id, caseSubject: known.subject }
    writeFileSync(file, `${JSON.stringify({ ...party.file, ...place }, null, 2)}\n`, { mode: 0o600 })
    files.set(name, file)
  }
  return files
}
