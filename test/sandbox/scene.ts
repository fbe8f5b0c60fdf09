import type { FixtureCase } from '../../fixtures/cases/case.ts'
import type { CertificateAuthority } from '../parties/certificate-authority.ts'
import type { GatewayTrust } from '../parties/gateway-trust.ts'
import type { Party } from '../parties/party.ts'
import type { Desk, Town } from '../parties/register.ts'
import type { TimeStampingAuthority } from '../parties/time-stamping-authority.ts'
import type { WebhookReceiver } from '../parties/webhook-receiver.ts'
import type { Report } from './report.ts'
import { type Saw, step } from './step.ts'

/** The systems of a town that are told by webhook. */
export interface Receivers {
  readonly hospital: WebhookReceiver
  readonly hr: WebhookReceiver
  readonly ohp: WebhookReceiver
}

/** Where a story plays: its people, their systems, what they keep of the gateway, and their own records. */
export interface Scene {
  /** first part of the numbers of its steps */
  readonly letter: string
  readonly story: FixtureCase
  readonly town: Town
  readonly receivers: Receivers
  readonly trust: GatewayTrust
  /** folder of the authors' own records */
  readonly records: string
  readonly operator: Party
  readonly authority: TimeStampingAuthority
  /** gives physicians cards, and revokes them */
  readonly certification: CertificateAuthority
  readonly desk: Desk
  /** everything that the gateway logged so far */
  readonly logged: () => string
  readonly step: <Result>(id: string, ja: string, en: string, work: (saw: Saw) => Promise<Result>) => Promise<Result>
}

export function scene(parts: Omit<Scene, 'step'>, report: Report): Scene {
  return { ...parts, step: (id, ja, en, work) => step({ id: `${parts.letter}-${id}`, ja, en }, work, report.passed) }
}
