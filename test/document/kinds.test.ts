import { readFileSync } from 'node:fs'
import type { Questionnaire, QuestionnaireItem } from '@medplum/fhirtypes'
import t from 'tap'
import { kindOf, kinds } from '../../src/document/kinds.ts'

function form(id: string): Questionnaire {
  const file = new URL(`../../profiles/questionnaires/${id}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')) as Questionnaire
}

const linkIds = (items: readonly QuestionnaireItem[] = []): readonly string[] =>
  items.flatMap(({ linkId, item }) => [linkId ?? '', ...linkIds(item)])

t.test('each kind has the form and the view forms that it names, in each version', t => {
  for (const [code, kind] of Object.entries(kinds)) {
    t.equal(kind.code, code)
    const views = new Set(Object.values(kind.views).filter(view => view !== 'full'))
    for (const version of kind.versions) {
      t.equal(form(`${code}-${version}`).version, version)
      for (const view of views) t.equal(form(`${code}-${view}-${version}`).version, version, `${code} ${view}`)
    }
  }
  t.end()
})

t.test('what cannot be withheld is part of every view', t => {
  for (const { code, versions, views, cannotWithhold } of Object.values(kinds)) {
    for (const version of versions) {
      for (const view of new Set(Object.values(views))) {
        const present = linkIds(form(view === 'full' ? `${code}-${version}` : `${code}-${view}-${version}`).item)
        for (const linkId of cannotWithhold) t.ok(present.includes(linkId), `${code} ${view} ${linkId}`)
      }
    }
  }
  t.end()
})

t.test('personnel get no opinion in full, and supervisors no work information', t => {
  for (const code of ['opinion-continuation', 'opinion-return', 'support-card'] as const) {
    const { views } = kinds[code]
    t.same(
      [views.ohp, views['hr-staff'], views['personnel-authority'], views.supervisor, views.auditor, views.family],
      ['full', 'processed', 'processed', 'supervisor', undefined, undefined]
    )
  }
  t.equal(kinds['work-information'].views['personnel-authority'], undefined)
  t.equal(kinds['work-information'].views.supervisor, undefined)
  t.end()
})

t.test('a signature place is no item of the form', t => {
  for (const { code, versions, signatureSlots } of Object.values(kinds)) {
    const present = versions.flatMap(version => linkIds(form(`${code}-${version}`).item))
    for (const { slot } of signatureSlots) t.notOk(present.includes(slot), slot)
  }
  t.end()
})

t.test('only known codes name a kind', t => {
  t.equal(kindOf('opinion-return')?.code, 'opinion-return')
  t.equal(kindOf('toString'), undefined)
  t.equal(kindOf('consent-paper'), undefined)
  t.end()
})
