import { type KeyObject, randomUUID } from 'node:crypto'
import { request } from 'undici'
import type { Algorithm } from '../../../src/standards/jws.ts'
import { signInput } from '../../../src/standards/jws.ts'

/** Whose place an attacker wants to take, or a client that goes wrong: what it takes to write an assertion by hand. */
export interface Client {
  readonly issuer: string
  readonly clientId: string
  readonly kid: string
  readonly alg: Algorithm
  readonly privateKey: KeyObject
}

export interface Forgery {
  /** members beside or in place of the usual ones; undefined leaves one out; text is taken as it is */
  readonly header?: Readonly<Record<string, unknown>> | string
  readonly claims?: Readonly<Record<string, unknown>> | string
  /** in place of the client's own signature */
  readonly sign?: (input: string) => Uint8Array
}

export const part = (value: string | Uint8Array): string => Buffer.from(value).toString('base64url')

/** @returns what is used where nothing is forged, as JSON */
export function usualClaims({ issuer, clientId }: Client, now = Math.floor(Date.now() / 1000)) {
  return { iss: clientId, sub: clientId, aud: issuer, jti: randomUUID(), iat: now, exp: now + 240 }
}

/** An assertion that is good but for what is forged. */
export function forge(client: Client, { header = {}, claims = {}, sign }: Forgery = {}): string {
  const { alg, kid, privateKey } = client
  const head = typeof header === 'string' ? header : JSON.stringify({ alg, kid, typ: 'JWT', ...header })
  const body = typeof claims === 'string' ? claims : JSON.stringify({ ...usualClaims(client), ...claims })
  const input = `${part(head)}.${part(body)}`
  return `${input}.${part(sign ? sign(input) : signInput(alg, input, privateKey))}`
}

export interface Told {
  readonly status: number
  readonly error: string | undefined
  readonly description: string | undefined
  readonly token: string | undefined
}

const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Asks for a token at this gateway with an assertion, in a form to which more may be added. */
export async function askForToken(
  gateway: string,
  assertion: string,
  more: Readonly<Record<string, string>> = {}
): Promise<Told> {
  return tell(gateway, formOf(assertion, more))
}

/** The form of a token request that is good but for what is given. */
export function formOf(assertion: string, more: Readonly<Record<string, string>> = {}): string {
  const usual = {
    grant_type: 'client_credentials',
    client_assertion_type: jwtBearer,
    client_assertion: assertion,
    scope: 'system/DocumentReference.rs'
  }
  return new URLSearchParams({ ...usual, ...more }).toString()
}

export async function tell(gateway: string, form: string): Promise<Told> {
  const { statusCode, body } = await request(`${gateway}/oauth2/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form
  })
  const answer = JSON.parse(await body.text()) as Readonly<Record<string, string | undefined>>
  return {
    status: statusCode,
    error: answer.error,
    description: answer.error_description,
    token: answer.access_token
  }
}

/** Calls with what is said to be a token. @returns status, and the body as text */
export async function callWith(
  gateway: string,
  headers: Readonly<Record<string, string | string[]>>,
  path = '/fhir/DocumentReference'
) {
  const { statusCode, body } = await request(`${gateway}${path}`, { headers })
  return { status: statusCode, text: await body.text() }
}
