import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { idSystem } from '../../../src/document/canonical.ts'
import type { Party } from '../../parties/party.ts'
import { register } from '../../parties/register.ts'
import {
  expectStatus,
  invite,
  join,
  type Known,
  knownFrom,
  parameters,
  releaseConsent,
  search
} from '../../parties/story.ts'
import { depositFromRecords, isRefused, openedBy, takeInvitation } from '../acts.ts'
import type { Scene } from '../scene.ts'
import type { Saw } from '../step.ts'

const stranger = {
  name: '無関係 太郎',
  identifier: { system: idSystem('person'), value: `accomplice-${randomUUID()}` }
}

/** The worker's invitation goes through the employer; what the employer can get by it is nothing about health (design §3). */
export async function stolenInvitation(scene: Scene): Promise<void> {
  const { step, town, story } = scene
  const opened = await step('0', '申出', 'HR opens a case and keeps the invitation', saw => openedBy(scene, 'hr', saw))
  await step('1', '事業者が使う', 'the employer uses it itself', async saw => {
    const joined = await join(town.hr, story, opened.invitation!)
    saw('as an employer: 422 code-invalid', isRefused(joined, 422, 'code-invalid'))
    const body = parameters({ name: 'invitation', valueString: opened.invitation! })
    const accepted = await town.hr.post('/fhir/EpisodeOfCare/$accept', body)
    saw('as a worker by its own client: 403 role-not-allowed', isRefused(accepted, 403, 'role-not-allowed'))
  })
  const accomplice = await step('2', '共犯者が使う', 'an accomplice takes it', async saw => {
    const party = await register(scene.desk, { role: 'worker', organization: stranger })
    await noticed(party)
    saw('registered by ryoritsu partner add beside the running gateway')
    return { party, known: await takeInvitation(scene, 'hr', opened, saw, party) }
  })
  try {
    await step('3', '得るものはない', 'and gets nothing', saw => getsNothing(scene, opened, accomplice, saw))
  } finally {
    await accomplice.party.close()
  }
}

/** A gateway notices within a second what was registered beside it. */
async function noticed(party: Party): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await party.token()
      return
    } catch (error) {
      if (attempt === 30) throw error
      await sleep(100)
    }
  }
}

async function getsNothing(
  scene: Scene,
  opened: Known,
  accomplice: { readonly party: Party; readonly known: Known },
  saw: Saw
): Promise<void> {
  const { town, story } = scene
  const { party, known: atAccomplice } = accomplice
  const code = await invite(party, atAccomplice.id, 'hospital')
  const hospital = knownFrom(expectStatus(await join(town.hospital, story, code), 201))
  const path = `opinion-continuation/${story.slug}.json`
  const original = await depositFromRecords(scene, 'hospital', path, hospital, saw)
  saw('the account does not find the opinion', (await search(party, atAccomplice.subject)).length === 0)
  const read = await party.get(`/fhir/Bundle/${original.id}`)
  saw('nor read it by its id (404)', isRefused(read, 404, 'not-found'))
  const guess = await party.post(
    `/fhir/EpisodeOfCare/${atAccomplice.id}/$confirm`,
    parameters({ name: 'confirmationCode', valueString: '000000' })
  )
  saw('reception has seen nobody: any code is 422 code-invalid', isRefused(guess, 422, 'code-invalid'))
  const consent = releaseConsent({
    subject: atAccomplice.subject,
    discloser: town.hospital.file.organization,
    recipients: [town.hr.file.party],
    kinds: ['opinion-continuation'],
    classes: 'all'
  })
  const released = await party.post('/fhir/Consent', consent)
  saw('a release to HR is refused (409 case-state)', isRefused(released, 409, 'case-state'))
  saw('HR finds nothing', (await search(town.hr, opened.subject)).length === 0)
}
