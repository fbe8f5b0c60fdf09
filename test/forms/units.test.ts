import fc from 'fast-check'
import t from 'tap'
import { isQuestion } from '../../src/forms/form.ts'
import { unitsOf } from '../../src/forms/units.ts'
import { answered, ext, formOf, formWith, responseWith } from './forms.ts'
import { formAndResponse } from './generate.ts'

/** Every answer of a response, without what stands inside it. */
function answersIn(value: unknown): object[] {
  if (Array.isArray(value)) return value.flatMap(answersIn)
  if (typeof value !== 'object' || value === null) return []
  const { answer = [], item = [] } = value as { answer?: object[]; item?: object[] }
  return [...answer.flatMap(each => [each, ...answersIn(each)]), ...answersIn(item)]
}

const alone = (answer: object): string => JSON.stringify({ ...answer, item: undefined })

t.test('every answer of a response is in exactly one unit', async t => {
  fc.assert(
    fc.property(formAndResponse(), ({ form, response }) => {
      const fromUnits = unitsOf(form, response).flatMap(unit => unit.answers.map(alone))
      t.same(fromUnits.sort(), answersIn(response.item).map(alone).sort())
    }),
    { numRuns: 100 }
  )
})

t.test('units stand in form order, each place once, of the class of their item', async t => {
  fc.assert(
    fc.property(formAndResponse(), ({ form, response }) => {
      const units = form.units(response)
      const places = units.map(({ linkId, at }) => `${linkId} ${at.join()}`)
      t.equal(new Set(places).size, places.length)
      for (const unit of units) t.equal(unit.class, form.item(unit.linkId)?.class)
      const outside = units.filter(unit => unit.at.length === 0).map(unit => form.item(unit.linkId)!.index)
      t.same(
        outside,
        outside.toSorted((a, b) => a - b)
      )
      t.ok(
        form.root.items.filter(isQuestion).every(item => places.includes(`${item.linkId} `)),
        'answered or not'
      )
    }),
    { numRuns: 50 }
  )
})

t.test('a plan of two phases: units of the second come after those of the first', async t => {
  const form = formOf('support-plan-2026')
  const phase = (period: string) => ({ linkId: 'sp.phase', item: [answered('sp.phase.period', 'String', period)] })
  const units = form.units(responseWith(form, [answered('sp.createdOn', 'Date', '2026-09-01'), phase('1'), phase('2')]))
  t.same(
    units.filter(unit => unit.answers.length > 0).map(({ linkId, at, answers }) => [linkId, at, answers[0]]),
    [
      ['sp.createdOn', [], { valueDate: '2026-09-01' }],
      ['sp.phase.period', [0], { valueString: '1' }],
      ['sp.phase.period', [1], { valueString: '2' }]
    ]
  )
  t.same(
    units.filter(unit => unit.linkId.startsWith('sp.phase.')).map(({ linkId, at }) => `${linkId} ${at}`),
    [0, 1].flatMap(at => ['period', 'hours', 'measures', 'treatment'].map(name => `sp.phase.${name} ${at}`))
  )
  t.equal(form.units(responseWith(form, [])).length, 12, 'no phase, no units of it')
})

t.test('all answers of a repeating question are one unit, its inner questions are units of each answer', async t => {
  const extension = [
    ext('https://ryoritsu.example/fhir/StructureDefinition/disclosure-class', { valueCoding: { code: 'remark' } })
  ]
  const inner = { linkId: 'n', type: 'string' as const, extension }
  const form = formWith({ linkId: 'a', type: 'string', repeats: true, extension, item: [inner] })
  const answer = [{ valueString: 'x', item: [answered('n', 'String', 'y')] }, { valueString: 'z' }]
  t.same(form.units(responseWith(form, [{ linkId: 'a', answer }])), [
    { linkId: 'a', at: [], class: 'remark', answers: [{ valueString: 'x' }, { valueString: 'z' }] },
    { linkId: 'n', at: [0], class: 'remark', answers: [{ valueString: 'y' }] },
    { linkId: 'n', at: [1], class: 'remark', answers: [] }
  ])
})

t.test('a form without classes has no units', async t => {
  const form = formWith({ linkId: 'a', type: 'string' })
  t.throws(() => form.units(responseWith(form, [])), TypeError)
})

t.test(
  'slots are the units and room for repetitions, whose number is hidden up to the next multiple of six',
  async t => {
    fc.assert(
      fc.property(formAndResponse(), ({ form, response }) => {
        t.same(
          form.slots(response).filter(slot => slot !== undefined),
          form.units(response)
        )
      }),
      { numRuns: 50 }
    )
    const form = formOf('support-plan-2026')
    const phases = (count: number) =>
      responseWith(
        form,
        Array.from({ length: count }, (_, i) => ({
          linkId: 'sp.phase',
          item: [answered('sp.phase.period', 'String', `${i}`)]
        }))
      )
    const shape = (count: number) => form.slots(phases(count)).map(slot => slot?.linkId)
    const sizes = [0, 1, 5, 6, 7, 12, 13].map(count => shape(count).length)
    t.same(sizes, [36, 36, 36, 36, 60, 60, 84], '12 units and 4 in each of 6, 12, 18 phases')
    const first = shape(6).indexOf('sp.phase.period')
    t.same(shape(2).slice(first + 8, first + 24), Array(16).fill(undefined), 'they follow the repetitions')
    t.same(shape(2).slice(first + 24), shape(6).slice(first + 24), 'and what comes then stays in its place')
  }
)

t.test('groups that repeat within others hide their number as well', async t => {
  const extension = [
    ext('https://ryoritsu.example/fhir/StructureDefinition/disclosure-class', { valueCoding: { code: 'remark' } })
  ]
  const leaf = (linkId: string) => ({ linkId, type: 'string' as const, extension })
  const inner = { linkId: 'i', type: 'group' as const, repeats: true, item: [leaf('i1'), leaf('i2')] }
  const form = formWith({ linkId: 'o', type: 'group', repeats: true, item: [leaf('o1'), inner] })
  const group = (linkId: string, ...item: object[]) => ({ linkId, item })
  const sizes = [
    [],
    [group('o')],
    [group('o', group('i'), group('i')), group('o')],
    [group('o', ...Array.from({ length: 7 }, () => group('i')))]
  ].map(items => form.slots(responseWith(form, items as never)).length)
  t.same(sizes, [78, 78, 78, 90], '6 × (1 + 6 × 2); one outer repetition with 12 inner ones')
})
