import type { RequestId } from '../../document/ids.ts'
import { languageOf } from '../../outcome/language.ts'
import { operationOutcome } from '../../outcome/operation-outcome.ts'
import { problem } from '../../outcome/problem.ts'
import { Refusal } from '../../outcome/refusal.ts'
import type { Answer, Dialect } from './route.ts'

const oauthErrors = {
  400: 'invalid_request',
  401: 'invalid_client',
  413: 'invalid_request',
  415: 'invalid_request'
} as const

/** A refusal as the face speaks it; the same stable key in each dialect (contract §4). */
export function errorAnswer(
  refusal: Refusal,
  dialect: Dialect,
  request: string,
  acceptLanguage: string | undefined
): Answer {
  const language = languageOf(acceptLanguage)
  const { status } = refusal.entry
  if (refusal.key === 'method-not-allowed' && refusal.at.length > 0) {
    // methods are no places: they stand in the header alone
    const answer = errorAnswer(new Refusal(refusal.key), dialect, request, acceptLanguage)
    return { ...answer, headers: { ...answer.headers, allow: refusal.at.join(', ') } }
  }
  const headers: Record<string, string> = {}
  if (refusal.retryAfterSeconds !== undefined) headers['retry-after'] = String(refusal.retryAfterSeconds)
  if (refusal.key === 'unauthorized') headers['www-authenticate'] = refusal.challenge ?? 'Bearer error="invalid_token"'
  if (dialect === 'fhir') return { status, headers, body: operationOutcome(refusal, language, request as RequestId) }
  if (dialect === 'oauth') {
    const error = oauthErrors[status as keyof typeof oauthErrors] ?? 'server_error'
    return { status, headers, body: { error, error_description: refusal.entry.en } }
  }
  return {
    status,
    headers,
    type: 'application/problem+json; charset=utf-8',
    body: problem(refusal, language, request as RequestId)
  }
}
