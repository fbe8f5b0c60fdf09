import type { Issue } from '../../outcome/issue.ts'
import type { Working } from '../../record/ports.ts'

/** What a form that a caller brought along is asked. Plain data: it crosses to another thread. */
export interface JudgeRequest {
  /** the Questionnaire as JSON text; its structure is R4, and it is within the limits of `validate-resource.ts` */
  readonly questionnaire: string
  /** further resources as JSON text: ValueSet, CodeSystem; their structure is R4 */
  readonly supporting: readonly string[]
  /** undefined: only the Questionnaire itself is judged */
  readonly response:
    | {
        readonly value: unknown
        /** texts of numbers by JSON pointer from the response, as `readJson` gives them */
        readonly numbers: ReadonlyMap<string, string>
        readonly redacted: boolean
        readonly advise: boolean
      }
    | undefined
}

/** What was found, or why nothing can be said: the form wanted more time or memory than it gets. */
export type Verdict = { readonly issues: readonly Issue[] } | { readonly stopped: 'time' | 'memory' }

/** Judges by forms of strangers, whose patterns and expressions may never end. */
export interface Judge {
  /** @throws Refusal `overloaded` where too many wait, `shutting-down` */
  judge(request: JudgeRequest): Promise<Verdict>
}

/** Asks authorities what they revoked, in bounded time and size. */
export interface RevocationFetch {
  /** @returns undefined where nothing came; never rejects */
  crl(url: string): Promise<Uint8Array | undefined>
  ocsp(url: string, request: Uint8Array): Promise<Uint8Array | undefined>
}

/** Lists and answers about revoked certificates, as they were stored with documents. */
export interface RevocationDataReads {
  /** the one that was got last from this place */
  newest(place: string): Promise<Working['revocation'] | undefined>
  byHash(hash: string): Promise<Working['revocation'] | undefined>
}
