import type { Refusal } from '../../outcome/refusal.ts'
import type { CertificateCheck } from '../../signature/ports.ts'
import type { GatewayKey, SignerKey } from '../../signature/trust.ts'
import type { NoteKey } from '../../standards/signed-note.ts'
import type { StructureCheck } from '../../validate/structure.ts'

/** What a file turned out to be, by its content alone. */
export type FileKind = 'original' | 'derived' | 'receipt' | 'checkpoints' | 'unknown'

/** One thing that was looked at. `detail` says what was found; it never quotes the file. */
export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}

/** `untrusted`: nothing is wrong, but the trust folder holds nothing by which to judge who signed. */
export type Verdict = 'held' | 'failed' | 'untrusted'

export interface Verification {
  readonly kind: FileKind
  readonly verdict: Verdict
  readonly checks: readonly Check[]
}

/** Whom to believe (contract §2): a folder of trust anchors, never the file under test. */
export interface VerifyTrust {
  /** against roots.pem; undefined where that holds no certificate */
  readonly certificates: CertificateCheck | undefined
  /** against tsa-roots.pem; undefined where that holds no certificate */
  readonly authorities: CertificateCheck | undefined
  /** revocation/: lists and answers of certificate authorities, which sign them */
  readonly revocation: readonly Uint8Array[]
  /** signers.jwks.json */
  readonly signers: readonly SignerKey[]
  /** gateway.jwks.json, by kid */
  readonly gatewayKeys: ReadonlyMap<string, GatewayKey>
  /** log.vkey */
  readonly logKeys: readonly NoteKey[]
}

export interface VerifyParts {
  readonly trust: VerifyTrust
  readonly structure: StructureCheck
}

/** Collects checks; each is listed, whatever came of the others. */
export class Checks {
  readonly #checks: Check[] = []
  #isUntrusted = false
  #hasFailed = false

  add(name: string, ok: boolean, detail: string): boolean {
    this.#checks.push({ name, ok, detail })
    if (!ok) this.#hasFailed = true
    return ok
  }

  /** The check could not be made, since this file of the trust folder is missing or empty. */
  untrusted(name: string, file: string): void {
    this.#checks.push({ name, ok: false, detail: `untrusted: the trust folder has no key or certificate in ${file}` })
    this.#isUntrusted = true
  }

  verification(kind: FileKind): Verification {
    const verdict = this.#hasFailed ? 'failed' : this.#isUntrusted ? 'untrusted' : 'held'
    return { kind, verdict, checks: this.#checks }
  }
}

/** A refusal in one line: its key and each finding in English. */
export function refusalDetail({ key, issues, entry }: Refusal): string {
  return `${key}: ${issues.length > 0 ? issues.map(({ text }) => text.en).join(' ') : entry.en}`
}
