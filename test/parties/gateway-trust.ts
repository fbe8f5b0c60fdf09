import { request } from 'undici'
import { type GatewayKey, readGatewayKeys } from '../../src/signature/trust.ts'
import { type NoteKey, openNote, parseCheckpoint, parseVkey } from '../../src/standards/signed-note.ts'

/** What a partner keeps of a gateway once, and judges everything by that comes later. */
export interface GatewayTrust {
  /** `{b}` */
  readonly issuer: string
  /** public keys by kid, each with its purpose */
  readonly keys: ReadonlyMap<string, GatewayKey>
  /** of now and before */
  readonly log: readonly NoteKey[]
}

/** Takes the published keys over HTTP, as a partner does on the day it is connected. */
export async function fetchTrust(issuer: string): Promise<GatewayTrust> {
  const [jwks, vkey] = await Promise.all([textOf(`${issuer}/.well-known/jwks.json`), textOf(`${issuer}/log/vkey`)])
  return { issuer, keys: readGatewayKeys(jwks), log: vkey.trim().split('\n').map(parseVkey) }
}

/** The newest head of the log, checked against the key that was kept. */
export async function fetchHead({ issuer, log }: GatewayTrust): Promise<{ size: number; root: Uint8Array }> {
  return parseCheckpoint(openNote(await textOf(`${issuer}/log/checkpoint`), log).text)
}

async function textOf(url: string): Promise<string> {
  const { statusCode, body } = await request(url)
  if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}`)
  return body.text()
}
