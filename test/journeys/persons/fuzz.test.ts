import fc from 'fast-check'
import t from 'tap'
import { case1 } from '../../../fixtures/cases/1-colorectal-cancer-sales.ts'
import { as, type ClientId } from '../../../src/document/ids.ts'
import { invitePerson } from '../../../src/journeys/person/invite-person.ts'
import { Authenticator } from '../../parties/authenticator.ts'
import { startGateway } from '../../parties/gateway.ts'
import { expectStatus } from '../../parties/story.ts'
import { fuzzRounds, minutesPerFile } from '../../sizes.ts'
import { mutated, mutation } from '../mutations.ts'
import { closePeople, personCase } from './setting.ts'

t.setTimeout(minutesPerFile * 60_000)

let ahead = 0
const running = await startGateway({ now: () => Date.now() + ahead })
const { person, town } = await personCase(running, case1)
t.teardown(async () => {
  await closePeople([person, ...Object.values(town)])
  await running.stop()
})
const freshDevice = () => new Authenticator(running.baseUrl)

/** A good call of each route that takes what a browser made. */
const calls = {
  '/session/login': async () => ({ response: person.device.get(await options('/session/login/options')) }),
  '/session/step-up': async () => ({ response: person.device.get(await options('/session/step-up/options')) }),
  '/session/passkeys': async () => ({
    name: '予備',
    response: freshDevice().create(await options('/session/passkeys/options'))
  }),
  '/session/registration': async () => {
    const { invitation: code } = await invitePerson(running.gateway.parts, {
      client: as<ClientId>(town.hospital.file.clientId),
      role: 'hospital',
      name: '受付 花子',
      purposes: undefined
    })
    const { body } = await person.session('POST', '/session/registration/options', { code })
    return { code, name: '新しい電話', response: freshDevice().create(body as object) }
  },
  '/session/token': async () => ({ purpose: 'support-consideration' })
} as const

const options = async (path: string): Promise<object> =>
  expectStatus(await person.session<object>('GET', path), 200).body

t.test('answers of browsers, changed in one place: taken, or refused in good order, never a defect', async t => {
  const seen = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...(Object.keys(calls) as (keyof typeof calls)[])),
      mutation,
      async (path, change) => {
        // what failed before stands against nobody; and the session is a fresh one
        ahead += 10 * 60_000
        expectStatus(await person.login(), 200)
        const body = mutated(await calls[path](), change)
        const { cookie } = person
        const answered = await person.session('POST', path, body)
        if (path === '/session/passkeys' && answered.status === 201) {
          // there is room for ten
          const { id } = answered.body as { id: string }
          expectStatus(await person.session('POST', `/session/passkeys/${id}/remove`), 200)
        }
        person.cookie = cookie
        const { code } = (answered.body ?? {}) as { code?: string }
        if (answered.status >= 500 || (answered.status >= 400 && code === undefined)) {
          throw new Error(`${path}: ${answered.status} ${answered.text}`)
        }
        const kind = `${path} ${answered.status < 300 ? 'taken' : 'refused'}`
        seen.set(kind, (seen.get(kind) ?? 0) + 1)
      }
    ),
    { numRuns: fuzzRounds, endOnFailure: true }
  )
  t.comment([...seen].map(([kind, count]) => `${kind}: ${count}`).join(', '))
  t.ok(seen.size >= 8, 'both sorts of answers, of most routes')
  const defects = running
    .logged()
    .split('\n')
    .filter(line => line.includes('"level":50'))
  t.same(defects, [])
})
