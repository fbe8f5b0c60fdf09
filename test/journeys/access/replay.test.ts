import { createPrivateKey } from 'node:crypto'
import { join } from 'node:path'
import t from 'tap'
import { cases } from '../../../fixtures/cases/cases.ts'
import { readConfig } from '../../../src/config/config.ts'
import { openPartners } from '../../../src/gateway/desks.ts'
import { addPartner } from '../../../src/journeys/partner/add-partner.ts'
import { freePort } from '../../parties/gateway.ts'
import { startGatewayProcess } from '../../parties/gateway-process.ts'
import { register } from '../../parties/register.ts'
import { askForToken, type Client, callWith, forge, type Told } from './attacker.ts'

/** An assertion opens once (RFC 7523 section 3, RFC 9700 section 2.5), whichever process it comes to, and after whatever end. */

const home = t.testdir({})
const [first, second] = [await freePort(), await freePort()]
const baseUrl = `http://127.0.0.1:${first}`

/** Registered in the empty home, before any gateway runs. */
async function registeredClient(): Promise<Client> {
  const { parts, close } = await openPartners(readConfig({ RYORITSU_HOME: home, RYORITSU_BASE_URL: baseUrl }), Date.now)
  const { name, identifier } = cases[0]!.hospital
  const desk = {
    baseUrl,
    add: (partner: Parameters<typeof addPartner>[1]) => addPartner(parts, partner, { workerClients: false })
  }
  const { file } = await register(desk, { role: 'hospital', organization: { name, identifier } })
  await close()
  const { clientId, privateJwk } = file
  const privateKey = createPrivateKey({ key: privateJwk as never, format: 'jwk' })
  return { issuer: baseUrl, clientId, kid: privateJwk.kid, alg: 'ES384', privateKey }
}

const client = await registeredClient()
const start = (port: number) =>
  startGatewayProcess({ home, port, logFile: join(home, `${port}.log`), env: { RYORITSU_BASE_URL: baseUrl } })
const at = (port: number) => `http://127.0.0.1:${port}`
const isReplay = ({ status, error, description, token }: Told): boolean =>
  status === 401 &&
  error === 'invalid_client' &&
  token === undefined &&
  description === 'The assertion was used before.'

t.test('an assertion opens once: two processes on one home, and again after kill -9', async t => {
  let [one, other] = await Promise.all([start(first), start(second)])
  t.teardown(() => Promise.all([one.stop(), other.stop()]))

  const atOne = forge(client)
  const { status, token } = await askForToken(at(first), atOne)
  t.equal(status, 200)
  t.ok(isReplay(await askForToken(at(first), atOne)), 'the process that took it refuses it')
  t.ok(isReplay(await askForToken(at(second), atOne)), 'and so does the other')
  const atOther = forge(client)
  t.equal((await askForToken(at(second), atOther)).status, 200)
  t.ok(isReplay(await askForToken(at(first), atOther)), 'and the other way round')
  t.equal((await callWith(at(second), { authorization: `Bearer ${token}` })).status, 200, 'its token holds at both')

  const raced = forge(client)
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, place) => askForToken(at(place % 2 ? first : second), raced))
  )
  t.same(
    [answers.filter(answer => answer.status === 200).length, answers.filter(isReplay).length],
    [1, 11],
    'twelve at once'
  )

  const last = forge(client)
  t.equal((await askForToken(at(first), last)).status, 200)
  await Promise.all([one.kill(), other.kill()])
  ;[one, other] = await Promise.all([start(first), start(second)])
  for (const [title, assertion] of Object.entries({
    'used last': last,
    'used by the other': atOther,
    'raced for': raced
  })) {
    t.ok(isReplay(await askForToken(at(first), assertion)), `${title}, after kill -9, at one`)
    t.ok(isReplay(await askForToken(at(second), assertion)), `${title}, after kill -9, at the other`)
  }
  t.equal((await askForToken(at(second), forge(client))).status, 200, 'a new one opens')
})
