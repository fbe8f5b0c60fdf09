import t from 'tap'
import { fromPlain } from '../../src/forms/plain.ts'
import { compileForms, formCanonical } from '../../src/forms/registry.ts'
import { answersFor } from './answers.ts'
import { questionnaires, responseWith } from './forms.ts'

const registry = compileForms(questionnaires)

t.test('a form is found by its canonical and by kind, version and view', async t => {
  const form = registry.form('https://ryoritsu.example/fhir/Questionnaire/opinion-return|2026')
  t.equal(form?.title, '職場復帰の可否等についての主治医意見書')
  t.equal(registry.byKind('opinion-return', '2026'), form)
  t.equal(registry.byKind('opinion-return', '2026', 'full'), form)
  t.equal(
    registry.byKind('opinion-return', '2026', 'processed')?.canonical,
    'https://ryoritsu.example/fhir/Questionnaire/opinion-return-processed|2026'
  )
  t.equal(registry.form('https://ryoritsu.example/fhir/Questionnaire/opinion-return'), undefined, 'no version, no form')
  t.equal(registry.byKind('opinion-return', '1999'), undefined)
  t.equal(formCanonical('inquiry', '2026'), 'https://ryoritsu.example/fhir/Questionnaire/inquiry|2026')
})

t.test('two forms of one name are refused', async t => {
  t.throws(() => compileForms([questionnaires[0]!, questionnaires[0]!]), TypeError)
})

t.test('each form of the project accepts a complete response and misses each required answer', async t => {
  t.ok(registry.all.length >= 31)
  for (const form of registry.all) {
    const { items, issues } = fromPlain(form, answersFor(form.root))
    t.same(issues, [], form.canonical)
    t.same(form.check(responseWith(form, items), { root: 'R' }), [], form.canonical)
    for (const item of form.root.items.filter(each => each.required && each.enableWhen.length === 0)) {
      const without = items.filter(each => each.linkId !== item.linkId)
      const missed = form
        .check(responseWith(form, without), { root: 'R' })
        .filter(issue => issue.linkId === item.linkId)
      t.match(missed, [{ rule: 'qr-06', expression: 'R' }], `${form.canonical} ${item.linkId}`)
    }
  }
})
