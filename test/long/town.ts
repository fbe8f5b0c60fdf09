import { randomUUID } from 'node:crypto'
import { case2 } from '../../fixtures/cases/2-breast-cancer-line.ts'
import { case3 } from '../../fixtures/cases/3-stroke-driver.ts'
import type { FixtureCase } from '../../fixtures/cases/case.ts'
import { filesOf, hospitalIdentifier, signed } from '../../fixtures/documents.ts'
import type { Identifier } from '../../src/document/ids.ts'
import type { KindCode } from '../../src/document/kind.ts'
import { toInstant } from '../../src/standards/fhir-time.ts'
import { assembleDocument } from '../parties/assemble.ts'
import { startGateway } from '../parties/gateway.ts'
import type { Party } from '../parties/party.ts'
import { registerTown, type Town } from '../parties/register.ts'
import {
  accept,
  confirm,
  expectStatus,
  invite,
  join,
  type Known,
  knownFrom,
  openCase,
  release
} from '../parties/story.ts'

/** One who writes into one case, again and again: each time a document of its own identifier. */
export interface Desk {
  readonly author: Party
  /** who may look into the author's records */
  readonly auditor: Party
  readonly worker: Party
  /** who gets a derived document of each, by a release that stands from before */
  readonly recipient: Party
  write(): { readonly identifier: Identifier; readonly bytes: Buffer }
}

const casesOfWorker = 2
const stories = [case2, case3] as const

/**
 * Fills a home through a gateway in this process that then stops: hospitals, employers and workers with cases that are
 * open in both directions, so that every document that comes in has a recipient.
 * @param webhook of those who get derived documents
 * @returns the port must stay the same, since keys and tokens name the gateway by it
 */
export async function prepareTown(
  home: string,
  webhook?: string
): Promise<{ readonly port: number; readonly desks: readonly Desk[] }> {
  const running = await startGateway({ home })
  const desks: Desk[] = []
  try {
    for (const story of stories) {
      const town = await registerTown(running, story, webhook === undefined ? {} : { hospital: webhook, ohp: webhook })
      for (let number = 0; number < casesOfWorker; number++) desks.push(...(await openDesks(town, story)))
    }
  } finally {
    await running.stop()
  }
  return { port: Number(new URL(running.baseUrl).port), desks }
}

/** Ends the connections of everyone in it. */
export async function closeTown(desks: readonly Desk[]): Promise<void> {
  const parties = new Set(
    desks.flatMap(({ author, auditor, worker, recipient }) => [author, auditor, worker, recipient])
  )
  await Promise.all([...parties].map(party => party.close()))
}

async function openDesks(town: Town, story: FixtureCase): Promise<readonly Desk[]> {
  const { hospital, hr, ohp, worker, hospitalAuditor, employerAuditor } = town
  const atHr = await openCase(hr, story)
  const atWorker = await accept(worker, atHr.invitation!)
  const code = await invite(worker, atWorker.id, 'hospital')
  const atHospital = knownFrom(expectStatus(await join(hospital, story, code), 201))
  await confirm(hospital, worker, atWorker.id)
  const common = { subject: atWorker.subject, classes: 'all' } as const
  const toOhp = { discloser: hospital.file.organization, recipients: [ohp.file.party] }
  const toHospital = { discloser: hr.file.organization, recipients: [hospital.file.party] }
  await release(worker, { ...common, ...toOhp, kinds: ['opinion-return'] })
  await release(worker, { ...common, ...toHospital, kinds: ['work-information'] })
  return [
    {
      author: hospital,
      auditor: hospitalAuditor,
      worker,
      recipient: ohp,
      write: writer(story, 'opinion-return', atHospital)
    },
    {
      author: hr,
      auditor: employerAuditor,
      worker,
      recipient: hospital,
      write: writer(story, 'work-information', atHr)
    }
  ]
}

/** hospitals count what they send out, and one hospital may have several desks */
let written = 0

/** The fixture's answers, addressed to a live case and signed anew by its author each time. */
function writer(story: FixtureCase, kind: KindCode, known: Known): Desk['write'] {
  const { content } = filesOf(story).find(({ document }) => document.kind === kind)!
  return () => {
    const identifier =
      kind === 'opinion-return'
        ? hospitalIdentifier(story, ++written)
        : { system: content.identifier.system, value: randomUUID() }
    const own = {
      ...content,
      caseIdentifier: known.identifier,
      caseSubject: known.subject,
      at: toInstant(Date.now()),
      identifier
    }
    return { identifier, bytes: Buffer.from(JSON.stringify(signed(story, own, assembleDocument(own)))) }
  }
}
