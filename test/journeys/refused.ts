import type { OperationOutcome } from '@medplum/fhirtypes'
import type { Test } from 'tap'
import { catalogue, type RefusalKey } from '../../src/outcome/catalogue.ts'
import type { Answered } from '../parties/party.ts'

export interface Refused {
  readonly key: RefusalKey
  /** a place that one of the issues names: FHIRPath, parameter or header */
  readonly at?: string | RegExp
  /** keys of the rules that are broken, where they are told one by one */
  readonly rules?: readonly string[]
}

const japanese = /[\u3040-\u30ff\u4e00-\u9fff]/u

/** Holds an answer of a FHIR route against contract §4: status, key, place, both languages, a fix in the one asked for. */
export function isRefused(t: Test, answered: Answered, expected: Refused, language: 'ja' | 'en', what: string): void {
  const { key, at, rules } = expected
  const { issue: issues = [], resourceType } = (answered.body ?? {}) as OperationOutcome
  const errors = issues.filter(({ severity }) => severity === 'error')
  const found = errors.map(issue => ({
    keys: (issue.details?.coding ?? []).filter(({ system }) => system?.endsWith('/refusal')).map(({ code }) => code),
    rules: (issue.details?.coding ?? []).filter(({ system }) => system?.endsWith('/form-rule')).map(({ code }) => code),
    places: issue.expression ?? []
  }))
  t.equal(answered.status, catalogue[key].status, `${what}: status`)
  t.equal(resourceType, 'OperationOutcome', `${what}: an OperationOutcome`)
  t.match(answered.headers['content-type'], /^application\/fhir\+json/u, `${what}: as FHIR`)
  t.match(answered.headers['x-request-id'], /^[A-Za-z0-9-]{1,64}$/u, `${what}: names the request`)
  t.ok(errors.length > 0 && found.every(({ keys }) => keys.includes(key)), `${what}: ${key}`, { found })
  if (rules)
    t.same(
      found.flatMap(each => each.rules),
      rules,
      `${what}: rules`
    )
  const places = found.flatMap(each => each.places)
  if (at !== undefined)
    t.ok(
      places.some(place => (typeof at === 'string' ? place === at : at.test(place))),
      `${what}: place`,
      { places }
    )
  for (const { details, diagnostics } of errors) {
    const english = translationOf(details)
    t.match(details?.text, japanese, `${what}: says it in Japanese`)
    t.ok(english && !japanese.test(english), `${what}: and in English`, { english })
    t.ok(diagnostics && japanese.test(diagnostics) === (language === 'ja'), `${what}: fix in ${language}`, {
      diagnostics
    })
  }
}

function translationOf(details: unknown): string | undefined {
  const { _text } = (details ?? {}) as {
    _text?: { extension?: { extension?: { url: string; valueString?: string }[] }[] }
  }
  return _text?.extension?.[0]?.extension?.find(({ url }) => url === 'content')?.valueString
}
