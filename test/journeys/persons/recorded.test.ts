import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { case1 } from '../../../fixtures/cases/1-colorectal-cancer-sales.ts'
import { as, type ClientId, type OrganizationId } from '../../../src/document/ids.ts'
import { invitePerson } from '../../../src/journeys/person/invite-person.ts'
import { startGateway } from '../../parties/gateway.ts'
import { PersonParty } from '../../parties/person.ts'
import { expectStatus } from '../../parties/story.ts'
import { closePeople, evidence, personCase, textIn } from './setting.ts'

const running = await startGateway()
const { parts } = running.gateway
const { person, who, town, atHr } = await personCase(running, case1)
const people: PersonParty[] = [person]
t.teardown(async () => {
  await closePeople([...people, ...Object.values(town)])
  await running.stop()
})

/** Acts on record to which an organisation was a party, the oldest first, with outcome and reason. */
async function acts(organization: string): Promise<string[]> {
  const found = await parts.audit.search(
    {
      organization: as<OrganizationId>(organization.replace('Organization/', '')),
      case: undefined,
      act: undefined,
      outcome: undefined,
      from: undefined,
      until: undefined
    },
    { beforeLeaf: undefined, limit: 100 }
  )
  return found.toReversed().map(({ act, outcome, event }) => {
    const { outcomeDesc = '' } = JSON.parse(Buffer.from(event).toString())
    return `${act} ${outcome} ${outcomeDesc}`.trim()
  })
}

t.test('what people do to get in, and what is refused them, is on record', async t => {
  const before = (await acts(who.organization)).length
  expectStatus(await person.login(), 200)
  await person.login({ isVerified: false })
  expectStatus(await person.stepUp(), 200)
  await person.token()
  const { id } = expectStatus(await person.addPasskey(), 201).body
  expectStatus(await person.session('POST', `/session/passkeys/${id}/remove`), 200)
  expectStatus(await person.session('POST', '/session/logout'), 200)
  const code = textIn(
    expectStatus(await town.hospital.post(`/fhir/EpisodeOfCare/${atHr.id}/$recover`, evidence), 200),
    'recoveryCode'
  )
  const fresh = new PersonParty(running.baseUrl)
  people.push(fresh)
  expectStatus(await fresh.register(code), 201)
  t.same((await acts(who.organization)).slice(before), [
    'session-open 0 login',
    'session-refuse 4 assertion',
    'session-open 0 step-up',
    'token-issue 0',
    'passkey-change 0 added',
    'passkey-change 0 removed',
    'session-close 0',
    'account-change 0 recovery-code.drivers-licence',
    'passkey-change 0 recovered',
    'session-open 0 recovered'
  ])
  const atHospital = await acts(town.hospital.file.organization)
  t.same(
    atHospital.slice(-2),
    ['account-change 0 recovery-code.drivers-licence', 'passkey-change 0 recovered'],
    'the hospital sees what came of its code, and no more'
  )
})

t.test('names, keys and codes of people are nowhere in clear at rest, nor in the log of the process', async t => {
  const name = '厚生 受付子'
  const { invitation } = await invitePerson(parts, {
    client: as<ClientId>(town.hospital.file.clientId),
    role: 'hospital',
    name,
    purposes: undefined
  })
  const staff = new PersonParty(running.baseUrl)
  people.push(staff)
  expectStatus(await staff.register(invitation, '受付の鍵'), 201)
  const [credential] = staff.device.credentials
  const secrets = [name, '受付の鍵', invitation, credential!.id, staff.cookie.split('=')[1]!, credential!.userHandle]
  const files = readdirSync(running.home)
    .filter(file => file.startsWith('gateway.db'))
    .map(file => readFileSync(join(running.home, file)))
  for (const secret of secrets) {
    for (const bytes of [Buffer.from(secret), Buffer.from(secret, 'base64url')]) {
      if (bytes.length < 8) continue
      t.notOk(
        files.some(file => file.includes(bytes)),
        `${secret.slice(0, 6)}… at rest`
      )
      t.notOk(running.logged().includes(bytes.toString()), `${secret.slice(0, 6)}… in the log`)
    }
  }
})
