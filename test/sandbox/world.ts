import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FixtureCase } from '../../fixtures/cases/case.ts'
import { trustFolder } from '../../fixtures/test-keys.ts'
import { readConfig } from '../../src/config/config.ts'
import { openPartners } from '../../src/gateway.ts'
import { addPartner } from '../../src/journeys/partner/add-partner.ts'
import { freePort } from '../parties/gateway.ts'
import { type GatewayProcess, startGatewayProcess } from '../parties/gateway-process.ts'
import { fetchTrust, type GatewayTrust } from '../parties/gateway-trust.ts'
import type { Party } from '../parties/party.ts'
import { type Desk, register, registerTown, type Town } from '../parties/register.ts'
import { WebhookReceiver } from '../parties/webhook-receiver.ts'
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
  close(): Promise<void>
}

export interface Building {
  readonly stories: readonly FixtureCase[]
  /** undefined: a home of its own, removed at the end */
  readonly home: string | undefined
  /** undefined: a free one */
  readonly port: number | undefined
}

/** The operator's own organisation: none of those whose documents it carries. */
const operator = {
  name: '架空運営株式会社',
  identifier: { system: 'urn:ietf:rfc:3986', value: 'urn:uuid:5a1f4c1e-3f0a-4c55-9d0c-0f6f5a1e7c11' }
}

/**
 * Registers the partners in an empty home, as `ryoritsu partner add` does, and starts the gateway on it. What of it is up
 * when something fails is taken down again.
 */
export async function buildWorld({ stories, home: given, port: wanted }: Building): Promise<World> {
  const home = given ?? mkdtempSync(join(tmpdir(), 'ryoritsu-sandbox-'))
  const port = wanted ?? (await freePort())
  const baseUrl = `http://127.0.0.1:${port}`
  const env = {
    RYORITSU_HOME: home,
    RYORITSU_PORT: String(port),
    RYORITSU_ALLOW_WORKER_CLIENTS: 'true',
    RYORITSU_OUTBOUND_ALLOW: '127.0.0.0/8'
  }
  mkdirSync(join(home, 'trust'), { recursive: true })
  copyFileSync(join(trustFolder, 'roots.pem'), join(home, 'trust', 'roots.pem'))

  const closing: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const each of closing.reverse()) await each()
    if (given === undefined) rmSync(home, { recursive: true, force: true })
  }
  try {
    let trust: GatewayTrust | undefined
    const keyOf = async (kid: string) => {
      trust ??= await fetchTrust(baseUrl)
      return trust.keys.get(kid)?.key
    }
    const receiver = async () => {
      const started = await WebhookReceiver.start({ keyOf })
      closing.push(() => started.close())
      return started
    }
    const office = await openPartners(readConfig(env), Date.now)
    const desk: Desk = { baseUrl, add: partner => addPartner(office.parts, partner, { workerClients: true }) }
    const places: Place[] = []
    for (const story of stories) {
      const receivers = { hospital: await receiver(), hr: await receiver(), ohp: await receiver() }
      const { hospital, hr, ohp } = receivers
      const town = await registerTown(desk, story, { hospital: hospital.url, hr: hr.url, ohp: ohp.url })
      places.push({ story, town, receivers })
    }
    const operating = await register(desk, { role: 'operator', organization: operator })
    await office.close()
    for (const party of [operating, ...places.flatMap(({ town }) => Object.values(town) as Party[])])
      closing.push(() => party.close())

    const gateway = await startGatewayProcess({ home, port, logFile: join(home, 'gateway.log'), env })
    closing.push(() => gateway.stop())
    trust = await fetchTrust(baseUrl)
    return { home, gateway, trust, places, operator: operating, close }
  } catch (error) {
    await close()
    throw error
  }
}
