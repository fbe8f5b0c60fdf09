import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { FixtureCase } from '../../fixtures/cases/case.ts'
import { trustFolder } from '../../fixtures/test-keys.ts'
import { readConfig } from '../../src/config/config.ts'
import { corporateNumberSystem } from '../../src/document/canonical.ts'
import { openPartners } from '../../src/gateway/desks.ts'
import { addPartner } from '../../src/journeys/partner/add-partner.ts'
import { disablePartner } from '../../src/journeys/partner/change-partner.ts'
import { readPartner } from '../../src/journeys/partner/read-partner.ts'
import { CertificateAuthority } from '../parties/certificate-authority.ts'
import { type GatewayProcess, startGatewayProcess } from '../parties/gateway-process.ts'
import { fetchTrust, type GatewayTrust } from '../parties/gateway-trust.ts'
import type { Party } from '../parties/party.ts'
import { type Desk, partnerFile, register, registerTown, type Town } from '../parties/register.ts'
import { TimeStampingAuthority } from '../parties/time-stamping-authority.ts'
import { WebhookReceiver } from '../parties/webhook-receiver.ts'
import { commandLine } from './command-line.ts'
import type { Receivers } from './scene.ts'

/** One story's people with their systems. */
export interface Place {
  readonly story: FixtureCase
  readonly town: Town
  readonly receivers: Receivers
}

/** A gateway in a process of its own, and everyone around it. */
export interface World {
  readonly home: string
  readonly gateway: GatewayProcess
  readonly trust: GatewayTrust
  readonly places: readonly Place[]
  readonly operator: Party
  /** stamps for the gateway; the pretend one of the fixtures */
  readonly authority: TimeStampingAuthority
  /** certifies physicians; below the test root */
  readonly certification: CertificateAuthority
  /** registers while the gateway runs, by the command line in a process of its own */
  readonly desk: Desk
  close(): Promise<void>
}

export interface Building {
  readonly stories: readonly FixtureCase[]
  /** undefined: a home of its own, removed at the end */
  readonly home: string | undefined
  /** undefined: a free one */
  readonly port: number | undefined
}

/** The operator's own organisation: none of those whose documents it carries. Invented; passes its check digit. */
const operator = {
  name: '架空運営株式会社',
  identifier: { system: corporateNumberSystem, value: '9999999999900' }
}

/**
 * Registers the partners in an empty home, as `ryoritsu partner add` does, and starts the gateway on it. What of it is up
 * when something fails is taken down again.
 */
export async function buildWorld({ stories, home: given, port: wanted }: Building): Promise<World> {
  const port = await freePort(wanted ?? 0)
  const home = given ? resolve(given) : mkdtempSync(join(tmpdir(), 'ryoritsu-sandbox-'))
  const baseUrl = `http://127.0.0.1:${port}`
  const authority = await TimeStampingAuthority.start()
  const certification = await CertificateAuthority.start({ hasResponder: true })
  const env = {
    RYORITSU_HOME: home,
    RYORITSU_HOST: '127.0.0.1',
    RYORITSU_PORT: String(port),
    RYORITSU_BASE_URL: baseUrl,
    RYORITSU_ALLOW_WORKER_CLIENTS: 'true',
    RYORITSU_TSA_URL: authority.url,
    RYORITSU_OUTBOUND_ALLOW: '127.0.0.0/8'
  }
  mkdirSync(join(home, 'trust'), { recursive: true })
  for (const file of ['roots.pem', 'anchors.json', 'tsa-roots.pem'])
    copyFileSync(join(trustFolder, file), join(home, 'trust', file))

  const closing: (() => Promise<unknown>)[] = [() => authority.close(), () => certification.close()]
  const close = async () => {
    for (const each of closing.reverse()) await each()
    if (given === undefined) rmSync(home, { recursive: true, force: true })
  }
  try {
    let trust: GatewayTrust | undefined
    const keyOf = async (kid: string) => {
      trust ??= await fetchTrust(baseUrl)
      const known = trust.keys.get(kid)
      return known?.purpose === 'webhook' ? known.key : undefined
    }
    const receiver = async () => {
      const started = await WebhookReceiver.start({ keyOf })
      closing.push(() => started.close())
      return started
    }
    const office = await openPartners(readConfig(env), Date.now)
    // on a home that was played on before, the systems of then are gone: nobody is to be told there
    for (const { clientId, disabled } of office.parts.partners.all())
      if (!disabled) await disablePartner(office.parts, clientId)
    const desk: Desk = {
      baseUrl,
      add: partner => addPartner(office.parts, readPartner(partnerFile(partner)), { workerClients: true })
    }
    const places: Place[] = []
    // a hospital is told once, whichever of its cases it is about
    const hospitals = new Map<string, WebhookReceiver>()
    for (const story of stories) {
      const { number } = story.hospital
      if (!hospitals.has(number)) hospitals.set(number, await receiver())
      const receivers = { hospital: hospitals.get(number)!, hr: await receiver(), ohp: await receiver() }
      const { hospital, hr, ohp } = receivers
      const town = await registerTown(desk, story, { hospital: hospital.url, hr: hr.url, ohp: ohp.url })
      places.push({ story, town, receivers })
    }
    const operating = await register(desk, { role: 'operator', organization: operator })
    await office.close()
    for (const party of [operating, ...places.flatMap(({ town }) => Object.values(town) as Party[])])
      closing.push(() => party.close())

    const gateway = await startGatewayProcess({ home, port, logFile: join(home, 'gateway.log'), env })
    closing.push(async () => {
      const code = await gateway.stop()
      if (code !== 0) throw new Error(`the gateway ended with ${code}`)
    })
    trust = await fetchTrust(baseUrl)
    const later = commandLine(baseUrl, env)
    return { home, gateway, trust, places, operator: operating, authority, certification, desk: later, close }
  } catch (error) {
    await close()
    throw error
  }
}

export class PortTaken extends Error {}

/** The port itself where it is free, any for 0: another gateway there would answer in place of ours. */
async function freePort(wanted: number): Promise<number> {
  const probe = createServer()
  await new Promise<void>((found, failed) => {
    probe.once('error', () => failed(new PortTaken(`port ${wanted} is taken; set RYORITSU_PORT to another`)))
    probe.listen(wanted, '127.0.0.1', found)
  })
  const { port } = probe.address() as { port: number }
  await new Promise(closed => probe.close(closed))
  return port
}
