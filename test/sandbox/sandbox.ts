import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { cases } from '../../fixtures/cases/cases.ts'
import { howToCall } from './how-to-call.ts'
import { writePartyFiles } from './party-files.ts'
import { Report } from './report.ts'
import { type Scene, scene } from './scene.ts'
import { StepFailed } from './step.ts'
import { card } from './stories/card.ts'
import { continuation } from './stories/continuation.ts'
import { refusals } from './stories/refusals.ts'
import { returnToWork } from './stories/return-to-work.ts'
import { stolenInvitation } from './stories/stolen-invitation.ts'
import { buildWorld, PortTaken, type World } from './world.ts'

/**
 * `npm run sandbox`: a gateway on an empty home and pretend partners that play whole cases over HTTP, each step with what was
 * verified. Then it stays up for visitors; `--once` ends instead, with 1 if a step failed.
 *
 * `--fixtures FOLDER` takes the authors' records from there instead of `fixtures/`.
 */
const { values } = parseArgs({ options: { once: { type: 'boolean', default: false }, fixtures: { type: 'string' } } })
const records = values.fixtures ?? join(import.meta.dirname, '../../fixtures')
const report = new Report(text => process.stdout.write(text))

const stories = [
  { number: 1, letter: 'A', ja: '就業継続', en: 'continuing work', play: continuation },
  { number: 3, letter: 'B', ja: '職場復帰', en: 'return to work', play: returnToWork },
  { number: 8, letter: 'C', ja: '両立支援カード', en: 'the card, opened by the hospital', play: card },
  { number: 4, letter: 'D', ja: '拒否と撤回', en: 'refusal and withdrawal', play: refusals },
  { number: 4, letter: 'E', ja: '招待の横取り', en: 'a stolen invitation', play: stolenInvitation }
] as const
const visitors = { number: 1, letter: 'V' } as const
const numbers = [...new Set(stories.map(({ number }) => number))]

const started = performance.now()
const environment = (name: string) => process.env[name] || undefined
const port = environment('RYORITSU_PORT') ?? (values.once ? undefined : '8080')
let world: World | undefined

/** Ctrl-C; a terminal and npm may both pass it on, so that it counts once. */
const asked = new Promise<'asked'>(resolve => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve('asked'))
})

async function play(): Promise<'played'> {
  world = await buildWorld({
    stories: cases.filter(({ number }) => numbers.some(each => each === number)),
    home: environment('RYORITSU_HOME'),
    port: port === undefined ? undefined : Number(port)
  })
  report.line(`gateway ${world.gateway.baseUrl}, home ${world.home}`)
  report.heading('見学', 'for visitors')
  const files = await writePartyFiles(sceneOf(world, visitors), world.home)
  for (const { number, letter, ja, en, play } of stories) {
    report.heading(ja, en)
    await play(sceneOf(world, { number, letter }))
  }
  report.total(performance.now() - started)
  if (values.once) return 'played'
  report.line(howToCall(world.gateway.baseUrl, files))
  const ended = await Promise.race([asked, world.gateway.died])
  if (ended !== 'asked') throw new Error(`the gateway ended by itself with ${ended}`)
  return 'played'
}

try {
  if ((await Promise.race([play(), asked])) === 'asked' && values.once) process.exitCode = 130
} catch (error) {
  process.exitCode = 1
  if (error instanceof StepFailed) report.failed(error)
  else if (error instanceof PortTaken) report.line(error.message)
  else throw error
} finally {
  await world?.close()
}
// whatever a story still waits for when it was interrupted
process.exit()

function sceneOf(
  { places, trust, operator, authority, certification, desk, gateway }: World,
  { number, letter }: { readonly number: number; readonly letter: string }
): Scene {
  const place = places.find(({ story }) => story.number === number)!
  return scene(
    { letter, ...place, trust, records, operator, authority, certification, desk, logged: gateway.logged },
    report
  )
}
