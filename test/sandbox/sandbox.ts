import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { cases } from '../../fixtures/cases/cases.ts'
import { writePartyFiles } from './party-files.ts'
import { Report } from './report.ts'
import { type Scene, scene } from './scene.ts'
import { StepFailed } from './step.ts'
import { card } from './stories/card.ts'
import { continuation } from './stories/continuation.ts'
import { refusals } from './stories/refusals.ts'
import { returnToWork } from './stories/return-to-work.ts'
import { buildWorld, type World } from './world.ts'

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
  { number: 4, letter: 'D', ja: '拒否・撤回・横取り', en: 'refusal, withdrawal, a stolen invitation', play: refusals }
] as const
const visitors = 2
const storyOf = (number: number) => cases.find(each => each.number === number)!

const started = performance.now()
const environment = (name: string) => process.env[name] || undefined
const port = environment('RYORITSU_PORT') ?? (values.once ? undefined : '8080')
let world: World | undefined
try {
  world = await buildWorld({
    stories: [...stories.map(({ number }) => storyOf(number)), storyOf(visitors)],
    home: environment('RYORITSU_HOME'),
    port: port === undefined ? undefined : Number(port)
  })
  report.line(`gateway ${world.gateway.baseUrl}, home ${world.home}`)
  const scenes = new Map<number, Scene>()
  for (const { story, town, receivers } of world.places) {
    const letter = stories.find(({ number }) => number === story.number)?.letter ?? 'V'
    scenes.set(story.number, scene({ letter, story, town, receivers, trust: world.trust, records }, report))
  }
  for (const { number, ja, en, play } of stories) {
    report.heading(ja, en)
    await play(scenes.get(number)!)
  }
  report.heading('見学', 'for visitors')
  const files = await writePartyFiles(scenes.get(visitors)!, world.operator, world.home)
  report.total(performance.now() - started)
  if (!values.once) await stayUp(world, files)
} catch (error) {
  process.exitCode = 1
  if (error instanceof StepFailed) report.failed(error)
  else throw error
} finally {
  await world?.close()
}

async function stayUp({ gateway }: World, files: ReadonlyMap<string, string>): Promise<void> {
  const { baseUrl } = gateway
  report.line(`
still up: ${baseUrl} (Ctrl-C stops it)
  ${baseUrl}/fhir/metadata          what it offers
  ${baseUrl}/docs                   plain JSON routes
  ${baseUrl}/log/checkpoint         head of the log
who may call, each with keys, ids and scopes (SMART Backend Services at ${baseUrl}/oauth2/token):
${[...files].map(([name, file]) => `  ${name.padEnd(13)} ${file}`).join('\n')}`)
  const asked = new Promise<void>(resolve => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
  await Promise.race([asked, gateway.died])
}
