import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type {
  Bundle,
  Practitioner,
  PractitionerRole,
  Questionnaire,
  QuestionnaireResponse,
  QuestionnaireResponseItem
} from '@medplum/fhirtypes'
import fc, { type GeneratorValue } from 'fast-check'
import t from 'tap'
import { as, type OrganizationId, type ViewId } from '../../src/document/ids.ts'
import { kinds } from '../../src/document/kinds.ts'
import type { UnitPlace } from '../../src/document/unit.ts'
import { compileForm } from '../../src/forms/compile.ts'
import type { Form } from '../../src/forms/form.ts'
import { compileStructure } from '../../src/validate/structure.ts'
import { deriveView, type ViewQuestion } from '../../src/view/derive.ts'
import { meets } from '../../src/view/meets.ts'
import { derivedReference } from '../../src/view/metadata.ts'
import { narrow, type Withheld } from '../../src/view/narrow.ts'
import { pad } from '../../src/view/pad.ts'
import { drawResponse, original, type Sheet, secrets, sheet, sheets } from './sample.ts'

const hospital = { name: '架空病院', identifier: { system: 'urn:oid:1.3.188', value: '8999999999901' } }

/** The same "random" ids each time, so that two views can be compared. */
function counting(): () => string {
  let count = 0
  return () => `f0000000-0000-4000-8000-${String(++count).padStart(12, '0')}`
}

type Decided = Pick<ViewQuestion, 'released' | 'withheld'>

const viewOf = (sheet: Sheet, response: QuestionnaireResponse, decided: Decided): Bundle =>
  deriveView(question(sheet, response, decided))

function question({ kind, viewForm }: Sheet, response: QuestionnaireResponse, decided: Decided): ViewQuestion {
  return {
    original: original(kind, response),
    kind,
    viewForm,
    ...decided,
    recipient: { caseSubject: 'subject-of-reader' },
    author: hospital,
    random: counting(),
    at: Date.parse('2026-09-02T00:00:00Z'),
    gatewayIdentifier: { system: 'urn:oid:1.3.188', value: '7999999999902' }
  }
}

function responseIn({ entry = [] }: Bundle): QuestionnaireResponse {
  for (const { resource } of entry) if (resource?.resourceType === 'QuestionnaireResponse') return resource
  throw new TypeError('no response')
}

const places = (...linkIds: readonly string[]): UnitPlace[] => linkIds.map(linkId => ({ linkId, at: [] }))
const held = (as: 'marked' | 'silent', ...linkIds: readonly string[]): Withheld[] =>
  places(...linkIds).map(place => ({ place, as }))

/** `linkId: answer` a line, groups indented: what a reader of the response sees. */
function seen(items: readonly QuestionnaireResponseItem[] = [], indent = ''): string[] {
  return items.flatMap(({ linkId, answer, item }) => {
    if (item) return [`${indent}${linkId}`, ...seen(item, `${indent}  `)]
    const values = answer?.map(each => {
      const text = JSON.stringify(each)
      return text.includes('"valueCode":"masked"') ? 'masked' : (each.valueCoding?.code ?? Object.values(each)[0])
    })
    return [`${indent}${linkId}: ${values?.join(', ')}`]
  })
}

const full = sheet(kinds['opinion-return'], '2026', 'full')
const answered = (linkId: string, answer: object): QuestionnaireResponseItem => ({ linkId, answer: [answer] })
const coded = (linkId: string, system: string, code: string) =>
  answered(linkId, { valueCoding: { system: `https://ryoritsu.example/fhir/CodeSystem/${system}`, code } })
const opinion = (...items: readonly QuestionnaireResponseItem[]): QuestionnaireResponse => ({
  resourceType: 'QuestionnaireResponse',
  status: 'completed',
  item: [...items]
})
const notNow = opinion(
  answered('or.patient.name', { valueString: '架空 太郎' }),
  answered('or.patient.birthDate', { valueDate: '1980-02-03' }),
  coded('or.opinion', 'return-opinion', 'not-now'),
  answered('or.absentUntil', { valueDate: '2026-12-01' }),
  answered('or.opinionText', { valueString: '療養が必要' })
)
const conditional = opinion(
  answered('or.patient.name', { valueString: '架空 太郎' }),
  coded('or.opinion', 'return-opinion', 'conditional'),
  answered('or.measures', { valueString: '夜勤免除' }),
  answered('or.period.start', { valueDate: '2026-10-01' }),
  answered('or.period.end', { valueDate: '2026-12-31' })
)

t.test('a derived document is a new document that says whose it is and nothing else', async t => {
  const brief = opinion(...notNow.item!.slice(2, 4))
  const bundle = viewOf(full, brief, { released: places('or.opinion', 'or.absentUntil'), withheld: [] })
  const urn = (n: number) => `urn:uuid:f0000000-0000-4000-8000-${String(n).padStart(12, '0')}`
  t.strictSame(bundle, {
    resourceType: 'Bundle',
    identifier: { system: 'urn:ietf:rfc:3986', value: urn(1) },
    type: 'document',
    timestamp: '2026-09-02T00:00:00.000Z',
    entry: [
      {
        fullUrl: urn(2),
        resource: {
          resourceType: 'Composition',
          status: 'final',
          type: {
            coding: [
              {
                system: 'https://ryoritsu.example/fhir/CodeSystem/document-kind',
                code: 'opinion-return',
                display: '主治医意見書(職場復帰)'
              }
            ]
          },
          subject: { reference: urn(4) },
          date: '2026-09-01',
          author: [{ reference: urn(6) }, { reference: urn(5) }],
          title: '主治医意見書(職場復帰)',
          attester: [
            {
              mode: 'official',
              time: '2026-09-02T00:00:00.000Z',
              party: { identifier: { system: 'urn:oid:1.3.188', value: '7999999999902' } }
            }
          ],
          custodian: { reference: urn(5) },
          relatesTo: [{ code: 'transforms', targetIdentifier: { system: 'urn:ietf:rfc:3986', value: urn(7) } }],
          event: [
            {
              code: [{ text: '主治医意見書(職場復帰)発行' }],
              detail: [{ identifier: { system: 'https://ryoritsu.example/fhir/IdSystem/case', value: 'case-1' } }]
            }
          ],
          section: [{ title: '主治医意見書(職場復帰)', entry: [{ reference: urn(3) }] }]
        }
      },
      {
        fullUrl: urn(3),
        resource: {
          resourceType: 'QuestionnaireResponse',
          questionnaire: 'https://ryoritsu.example/fhir/Questionnaire/opinion-return|2026',
          status: 'completed',
          item: [
            { linkId: 'or.opinion', text: '復職に関する意見', answer: notNow.item![2]!.answer },
            { linkId: 'or.absentUntil', text: '(休業:～ 年 月 日)', answer: [{ valueDate: '2026-12-01' }] }
          ],
          subject: { reference: urn(4) }
        }
      },
      {
        fullUrl: urn(4),
        resource: {
          resourceType: 'Patient',
          identifier: [{ system: 'https://ryoritsu.example/fhir/IdSystem/case-subject', value: 'subject-of-reader' }]
        }
      },
      {
        fullUrl: urn(6),
        resource: {
          resourceType: 'Practitioner',
          name: [
            {
              extension: [
                { url: 'http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation', valueCode: 'IDE' }
              ],
              family: '架空',
              given: ['医子']
            }
          ]
        }
      },
      {
        fullUrl: urn(5),
        resource: { resourceType: 'Organization', identifier: [hospital.identifier], name: '架空病院' }
      }
    ]
  })
})

t.test('the person is named exactly where name and birth date are released', async t => {
  const patient = (...linkIds: readonly string[]) =>
    viewOf(full, notNow, { released: places(...linkIds), withheld: [] }).entry?.[2]?.resource
  t.match(patient('or.patient.name', 'or.patient.birthDate'), {
    name: [{ text: '架空 太郎' }],
    birthDate: '1980-02-03'
  })
  t.notMatch(patient('or.patient.name'), { birthDate: /./ })
  t.notMatch(patient('or.patient.birthDate'), { name: [{}] })
  const hospitalNamed = opinion(answered('or.institution.name', { valueString: '架空病院' }))
  const { entry } = viewOf(full, hospitalNamed, { released: places('or.institution.name'), withheld: [] })
  t.notMatch(entry?.[2]?.resource, { name: [{}] }, 'a hospital is no person')
})

t.test('what is marked is masked, and the response says that it was redacted', async t => {
  const released = places('or.opinion')
  const response = responseIn(viewOf(full, conditional, { released, withheld: held('marked', 'or.patient.name') }))
  t.strictSame(response.item?.[0], {
    linkId: 'or.patient.name',
    text: '患者氏名',
    answer: [
      {
        _valueString: {
          extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'masked' }]
        }
      }
    ]
  })
  t.strictSame(response.meta, {
    security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'REDACTED' }]
  })
})

t.test('what is silent leaves no trace, not even in the labels', async t => {
  const required = places('or.patient.name', 'or.patient.birthDate', 'or.opinion', 'or.absentUntil')
  const bundle = viewOf(full, notNow, { released: required, withheld: held('silent', 'or.opinionText') })
  t.notOk(JSON.stringify(bundle).includes('or.opinionText'))
  t.equal(responseIn(bundle).meta, undefined)
})

t.test('silence cannot be kept for what the form requires: there it is a mask', async t => {
  const silent = held('silent', 'or.opinion', 'or.measures', 'or.period.start', 'or.period.end')
  const look = (released: readonly UnitPlace[], withheld = silent) =>
    seen(responseIn(viewOf(full, conditional, { released, withheld })).item)
  t.strictSame(look(places('or.patient.name')), ['or.patient.name: 架空 太郎', 'or.opinion: masked'])
  t.strictSame(
    look(places('or.patient.name', 'or.opinion')),
    [
      'or.patient.name: 架空 太郎',
      'or.opinion: conditional',
      'or.measures: masked',
      'or.period.start: masked',
      'or.period.end: masked'
    ],
    'required by another released answer, and so on'
  )
  t.strictSame(look(places('or.patient.name', 'or.measures'), held('marked', 'or.opinion')), [
    'or.patient.name: 架空 太郎',
    'or.opinion: masked',
    'or.measures: 夜勤免除',
    'or.period.start: masked',
    'or.period.end: masked'
  ])
})

t.test('a question that depends on a withheld one is absent, since it would tell the answer', async t => {
  for (const as of ['marked', 'silent'] as const) {
    const withheld = held(as, 'or.opinion')
    const response = responseIn(
      viewOf(full, notNow, { released: places('or.absentUntil', 'or.opinionText'), withheld })
    )
    t.strictSame(seen(response.item).at(-1), 'or.opinionText: 療養が必要')
    t.notMatch(seen(response.item).join(), 'or.absentUntil', as)
  }
  const masked = { released: places('or.opinion'), withheld: held('marked', 'or.absentUntil') }
  t.match(seen(responseIn(viewOf(full, notNow, masked)).item).join(), 'or.absentUntil: masked')
})

const phase = (period: string, treatment?: string): QuestionnaireResponseItem => ({
  linkId: 'sp.phase',
  item: [
    answered('sp.phase.period', { valueString: period }),
    answered('sp.phase.hours', { valueString: '10:00～15:00' }),
    answered('sp.phase.measures', { valueString: '残業なし' }),
    ...(treatment ? [answered('sp.phase.treatment', { valueString: treatment })] : [])
  ]
})
const plan = opinion(phase('1か月目'), phase('2か月目', '点滴'), phase('3か月目'))
const planSheet = sheet(kinds['support-plan'], '2026', 'full')

t.test('repetitions stay where something of them is shown; otherwise one mask stands for all', async t => {
  const look = (released: readonly UnitPlace[], withheld: readonly Withheld[]) =>
    seen(responseIn(viewOf(planSheet, plan, { released, withheld })).item)
  const others = ['sp.phase.hours', 'sp.phase.measures']
  t.strictSame(look(places('sp.phase.period'), held('silent', 'sp.phase.treatment', ...others)), [
    ...['sp.phase', '  sp.phase.period: 1か月目', '  sp.phase.hours: masked', '  sp.phase.measures: masked'],
    ...['sp.phase', '  sp.phase.period: 2か月目', '  sp.phase.hours: masked', '  sp.phase.measures: masked'],
    ...['sp.phase', '  sp.phase.period: 3か月目', '  sp.phase.hours: masked', '  sp.phase.measures: masked']
  ])
  const third = { linkId: 'sp.phase.period', at: [2] }
  t.strictSame(look([third], []).slice(0, 2), ['sp.phase', '  sp.phase.period: 3か月目'], 'one repetition by its place')
  t.strictSame(look([third], []).length, 4)
  const nothing = ['sp.phase', ...['period', 'hours', 'measures'].map(each => `  sp.phase.${each}: masked`)]
  t.strictSame(look([], held('silent', 'sp.phase.treatment')), nothing, 'required, whatever was wished')
  t.strictSame(
    look([], held('marked', 'sp.phase.treatment')),
    [...nothing, '  sp.phase.treatment: masked'],
    'the first that holds a mask'
  )
})

/** A form of our own making, for what the official ones do not have. */
const linked: Questionnaire = {
  resourceType: 'Questionnaire',
  status: 'active',
  url: 'https://example.org/q',
  version: '1',
  item: [
    { linkId: 'a', type: 'integer' },
    { linkId: 'b', type: 'boolean' },
    {
      linkId: 'any',
      type: 'string',
      enableBehavior: 'any',
      enableWhen: [
        { question: 'a', operator: '>=', answerInteger: 5 },
        { question: 'b', operator: '=', answerBoolean: true }
      ]
    },
    { linkId: 'none', type: 'string', enableWhen: [{ question: 'a', operator: 'exists', answerBoolean: false }] },
    {
      linkId: 'all',
      type: 'string',
      enableWhen: [
        { question: 'a', operator: '<=', answerInteger: 5 },
        { question: 'b', operator: '=', answerBoolean: true }
      ],
      enableBehavior: 'all'
    },
    { linkId: 'gone', type: 'string', enableWhen: [{ question: 'other', operator: 'exists', answerBoolean: false }] },
    { linkId: 'option', type: 'group', item: [{ linkId: 'option.x', type: 'string', required: true }] },
    {
      linkId: 'g',
      type: 'group',
      repeats: true,
      required: true,
      item: [
        { linkId: 'g.x', type: 'string' },
        { linkId: 'g.y', type: 'string', enableWhen: [{ question: 'g.x', operator: '!=', answerString: 'no' }] },
        { linkId: 'g.z', type: 'string', enableWhen: [{ question: 'g.y', operator: 'exists', answerBoolean: true }] }
      ]
    },
    {
      linkId: 'after',
      type: 'group',
      enableWhen: [{ question: 'b', operator: '=', answerBoolean: true }],
      item: [{ linkId: 'after.x', type: 'string' }]
    }
  ]
}

t.test('what depends on others is shown where what is shown explains it, in its own repetition', async t => {
  const text = (linkId: string) => answered(linkId, { valueString: linkId })
  const group = (...items: readonly QuestionnaireResponseItem[]) => ({ linkId: 'g', item: [...items] })
  const response = opinion(
    answered('a', { valueInteger: 5 }),
    answered('b', { valueBoolean: true }),
    text('any'),
    text('all'),
    text('gone'),
    { linkId: 'option', item: [text('option.x')] },
    group(text('g.x'), text('g.y'), text('g.z')),
    group(text('g.x'), text('g.y'), text('g.z')),
    { linkId: 'after', item: [text('after.x')] }
  )
  const look = (released: readonly UnitPlace[], given = response) =>
    seen([...narrow(given, linked, released, []).items])
  t.strictSame(look(places('a', 'any')), ['a: 5', 'any: any', 'g', '  g.x: masked'])
  t.strictSame(look(places('b', 'any', 'after.x')).slice(0, 2), ['b: true', 'any: any'])
  t.strictSame(look(places('a', 'all', 'gone')), ['a: 5', 'g', '  g.x: masked'], 'all, and what the view form lacks')
  t.strictSame(look(places('a', 'b', 'all')).slice(0, 3), ['a: 5', 'b: true', 'all: all'])
  t.match(look(places('b', 'after.x')), ['b: true', 'g', '  g.x: masked', 'after', '  after.x: after.x'])
  t.strictSame(look(places('any', 'after.x')), ['g', '  g.x: masked'], 'a required group is not left empty')
  t.strictSame(look(places('g.y', 'g.z')), ['g', '  g.x: masked'], 'dependants of dependants')
  const first = [...places('g.y', 'g.z'), { linkId: 'g.x', at: [1] }]
  t.strictSame(look(first), ['g', '  g.x: g.x', '  g.y: g.y', '  g.z: g.z'])
  const second = held('marked', 'g.x').map(each => ({ ...each, place: { linkId: 'g.x', at: [1] } }))
  t.notOk(narrow(response, linked, [{ linkId: 'g.x', at: [0] }], second).isMasked, 'its mask went with its repetition')
  const hidden = opinion(group(text('g.y')), group(text('g.x')))
  t.strictSame(look(places('g.y'), hidden), ['g', '  g.x: masked'], 'a repetition of dependants alone stands for none')
  const low = opinion(answered('a', { valueInteger: 4 }), text('any'), group(text('g.x')))
  t.notMatch(look(places('a', 'any'), low).join(), 'any')
  const unanswered = opinion(text('none'), group(text('g.x')))
  t.match(look(places('none'), unanswered), ['g'], 'that a was not answered is a secret too')
  t.match(look(places('a', 'none'), unanswered), ['none: none', 'g'])
})

t.test('an author without a name has no entry, and one with a text alone keeps it', async t => {
  const named = (name: NonNullable<Practitioner['name']>, role?: PractitionerRole) => {
    const from = original(full.kind, notNow)
    const author = from.bundle.entry?.[3]?.resource as Practitioner
    author.name = name
    if (role) from.bundle.entry?.push({ fullUrl: 'urn:uuid:role', resource: role })
    if (role) from.composition.author = [{ reference: 'urn:uuid:role' }]
    const decided = { released: places('or.opinion'), withheld: [] }
    const names = deriveView({ ...question(full, notNow, decided), original: from }).entry?.map(each => each.resource)
    return names?.filter(each => each?.resourceType === 'Practitioner')
  }
  t.strictSame(named([{ suffix: ['MD'] }]), [])
  t.strictSame(named([{ text: '架空 医子', prefix: ['Dr'] }]), [
    { resourceType: 'Practitioner', name: [{ text: '架空 医子' }] }
  ])
  const practitioner = { reference: 'urn:uuid:0a000000-0000-4000-8000-000000000004' }
  const role: PractitionerRole = { resourceType: 'PractitionerRole', practitioner, specialty: [{ text: '腫瘍内科' }] }
  t.strictSame(named([{ text: '架空 医子' }], role), [{ resourceType: 'Practitioner', name: [{ text: '架空 医子' }] }])
  t.strictSame(named([{ text: '架空 医子' }], { resourceType: 'PractitionerRole' }), [])
})

t.test('a coded answer keeps its code and display', async t => {
  const valueCoding = { system: 'urn:s', version: '1', code: 'c', display: 'd', userSelected: true, id: 'x' }
  const form: Questionnaire = { ...linked, item: [{ linkId: 'c', type: 'choice' }] }
  const { items } = narrow(opinion(answered('c', { valueCoding })), form, places('c'), [])
  const { userSelected: _, id: __, ...kept } = valueCoding
  t.strictSame(items, [{ linkId: 'c', answer: [{ valueCoding: kept }] }])
})

t.test('conditions are met by what can be compared with certainty', async t => {
  type Condition = Parameters<typeof meets>[0]
  const when = (operator: Condition['operator'], expected: object) =>
    ({ question: 'x', operator, ...expected }) as Condition
  const [coding, other] = [
    { system: 's', code: 'a' },
    { system: 's', code: 'b' }
  ]
  const table: readonly (readonly [Condition['operator'], object, object, boolean])[] = [
    ['=', { answerCoding: coding }, { valueCoding: coding }, true],
    ['=', { answerCoding: coding }, { valueCoding: other }, false],
    ['=', { answerCoding: coding }, { valueCoding: { system: 't', code: 'a' } }, false],
    ['=', { answerCoding: { code: 'a' } }, { valueCoding: coding }, true],
    ['!=', { answerCoding: coding }, { valueCoding: coding }, false],
    ['!=', { answerCoding: coding }, { valueCoding: other }, true],
    ['!=', { answerCoding: coding }, { valueString: 'b' }, false],
    ['>', { answerCoding: coding }, { valueCoding: other }, false],
    ['=', { answerString: 'a' }, { valueString: 'a' }, true],
    ['!=', { answerString: 'a' }, { valueString: 'a' }, false],
    ['>', { answerString: 'a' }, { valueString: 'b' }, false],
    ['>', { answerInteger: 5 }, { valueInteger: 10 }, true],
    ['>', { answerInteger: 5 }, { valueInteger: 5 }, false],
    ['>=', { answerInteger: 5 }, { valueInteger: 5 }, true],
    ['<', { answerDecimal: 5 }, { valueDecimal: 4.5 }, true],
    ['<=', { answerInteger: 5 }, { valueInteger: 6 }, false],
    ['<=', { answerDate: '2026-09-01' }, { valueDate: '2026-09-01' }, true],
    ['<', { answerDate: '2026-09' }, { valueDate: '2026-08-31' }, false],
    ['<', { answerTime: '10:00:00' }, { valueTime: '09:00:00' }, true],
    ['>', { answerDateTime: '2026-09-01T00:00:00Z' }, { valueDateTime: '2026-09-02T00:00:00Z' }, false],
    ['=', { answerInteger: 5 }, { valueDecimal: 5 }, false],
    ['=', { answerQuantity: { value: 5 } }, { valueQuantity: { value: 5 } }, false]
  ]
  for (const [operator, expected, answer, holds] of table) {
    t.equal(meets(when(operator, expected), answer), holds, JSON.stringify([answer, operator, expected]))
  }
})

t.test('files and references into the original are never shown, and leaves hold no questions', async t => {
  const form: Questionnaire = {
    ...linked,
    item: [
      { linkId: 'file', type: 'attachment' },
      { linkId: 'ref', type: 'reference' },
      { linkId: 'q', type: 'quantity' }
    ]
  }
  const response = opinion(
    answered('file', { valueAttachment: { url: 'urn:x', title: 'CT' } }),
    answered('ref', { valueReference: { reference: 'urn:uuid:1' } }),
    answered('q', { valueQuantity: { id: 'x', value: 3, unit: 'd' } })
  )
  const { items, shown } = narrow(response, form, places('file', 'ref', 'q'), [])
  t.strictSame(items, [{ linkId: 'q', answer: [{ valueQuantity: { value: 3, unit: 'd' } }] }])
  t.equal(shown.length, 1)
  const nested: Questionnaire = {
    ...linked,
    item: [{ linkId: 'a', type: 'string', item: [{ linkId: 'b', type: 'string' }] }]
  }
  t.throws(() => narrow(response, nested, [], []), TypeError)
})

t.test('the bytes are JSON filled up to whole steps of 4 KiB', async t => {
  for (const [length, bytes] of [
    [0, 4096],
    [4094, 4096],
    [4095, 8192],
    [9000, 12288]
  ] as const) {
    const padded = pad(JSON.stringify('x'.repeat(length)))
    t.equal(padded.length, bytes)
    t.equal(JSON.parse(Buffer.from(padded).toString()).length, length)
  }
  t.equal(pad(JSON.stringify('あ'.repeat(1365))).length, 8192, 'bytes are counted, not characters')
})

// Properties, over every kind, version and view form.

interface Drawn {
  readonly sheet: Sheet
  readonly response: QuestionnaireResponse
  readonly released: readonly UnitPlace[]
  readonly withheld: readonly Withheld[]
}

const compiled = new Map<Questionnaire, Form>()
function compile(questionnaire: Questionnaire): Form {
  const form = compiled.get(questionnaire) ?? compileForm(questionnaire, { classes: 'required' })
  compiled.set(questionnaire, form)
  return form
}

function drawAll(draw: GeneratorValue): Drawn {
  const sheet = sheets[draw(fc.integer, { min: 0, max: sheets.length - 1 })]!
  const response = drawResponse(sheet.form, draw)
  const linkIds = [
    ...new Set(
      compile(sheet.form)
        .units(response)
        .map(({ linkId }) => linkId)
    )
  ]
  const fates = linkIds.map(
    linkId => [linkId, draw(fc.constantFrom, 'released', 'marked', 'silent', 'undecided')] as const
  )
  const withFate = (fate: string) => fates.filter(each => each[1] === fate).map(([linkId]) => linkId)
  const withheld = [...held('marked', ...withFate('marked')), ...held('silent', ...withFate('silent'))]
  return { sheet, response, released: places(...withFate('released')), withheld }
}

const errorsOf = (form: Form, response: QuestionnaireResponse) =>
  form
    .check(response, { root: 'QuestionnaireResponse', redacted: response.meta?.security !== undefined })
    .filter(({ severity }) => severity === 'error')
    .map(({ rule, expression }) => `${rule} ${expression}`)

const r4 = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../profiles/r4/${name}.json`, import.meta.url), 'utf8'))
const structure = compileStructure(r4('structure-definitions'), r4('value-sets'))

const runs = { numRuns: 300 }

t.test('property: no answer that is not shown is in any byte of document or metadata', async t => {
  let withheldTexts = 0
  const leaks = fc.property(fc.gen(), draw => {
    const { sheet, response, released, withheld } = drawAll(draw)
    const bundle = viewOf(sheet, response, { released, withheld })
    const bytes = pad(JSON.stringify(bundle))
    const metadata = derivedReference({
      id: as<ViewId>('view-1'),
      bundle,
      kind: sheet.kind,
      version: sheet.version,
      caseSubject: 'subject-of-reader',
      case: 'case-1',
      author: as<OrganizationId>('hospital'),
      baseUrl: 'http://127.0.0.1:8080',
      size: bytes.length,
      hash: createHash('sha1').update(bytes).digest('base64'),
      at: Date.parse('2026-09-02T00:00:00Z'),
      replaces: undefined
    })
    const text = Buffer.from(bytes).toString() + JSON.stringify(metadata)
    const isReleased = (linkId: string) => released.some(place => place.linkId === linkId)
    const isOnView = (linkId: string) => compile(sheet.viewForm).item(linkId) !== undefined
    for (const { linkId, answers } of compile(sheet.form).units(response)) {
      if (isReleased(linkId) && isOnView(linkId)) continue
      for (const { valueString, valueDate } of answers) {
        const canary = valueString ?? valueDate
        if (canary === undefined) continue
        withheldTexts++
        if (text.includes(canary)) throw new Error(`${linkId} leaks`)
      }
    }
    for (const secret of secrets) if (text.includes(secret)) throw new Error(`${secret} leaks`)
  })
  t.doesNotThrow(() => fc.assert(leaks, runs))
  t.ok(withheldTexts > 1000, 'and there was much to withhold')
})

t.test('property: a view is sound FHIR R4, keeps the rules of its view form and shows what was released', async t => {
  let shownUnits = 0
  const valid = fc.property(fc.gen(), draw => {
    const { sheet, response, released, withheld } = drawAll(draw)
    t.strictSame(errorsOf(compile(sheet.form), response), [], 'the original is valid')
    const bundle = viewOf(sheet, response, { released, withheld })
    const faults = structure.check(JSON.parse(JSON.stringify(bundle)), 'Bundle')
    if (faults.length > 0) throw new Error(faults.map(({ rule, expression }) => `${rule} ${expression}`).join('\n'))
    const view = responseIn(bundle)
    if (view.status !== response.status) throw new Error('status')
    const errors = errorsOf(compile(sheet.viewForm), view)
    if (errors.length > 0) throw new Error(errors.join('\n'))
    const { shown } = narrow(response, sheet.viewForm, released, withheld)
    shownUnits += shown.length
    const answeredUnits = compile(sheet.form).units(response)
    const inView = compile(sheet.viewForm).units(view)
    const values = inView.filter(({ answers }) => answers.length > 0 && !JSON.stringify(answers).includes('"masked"'))
    if (values.length !== shown.length) throw new Error('something is shown that is not said to be')
    for (const [index, { linkId, answers }] of shown.entries()) {
      const found = answeredUnits.find(each => JSON.stringify(each.answers) === JSON.stringify(answers))
      const isReleased = released.some(place => place.linkId === linkId)
      const isSame = JSON.stringify(values[index]?.answers) === JSON.stringify(answers)
      if (!found || !isReleased || !isSame) throw new Error(linkId)
    }
  })
  t.doesNotThrow(() => fc.assert(valid, runs))
  t.ok(shownUnits > 500, 'and there was much to show')
})

t.test('property: silence cannot be told from never having been answered', async t => {
  let silenced = 0
  const same = fc.property(fc.gen(), draw => {
    const { sheet, response, released, withheld } = drawAll(draw)
    const decided = { released, withheld }
    const view = viewOf(sheet, response, decided)
    const text = JSON.stringify(responseIn(view))
    const without = (items: readonly QuestionnaireResponseItem[] = []): QuestionnaireResponseItem[] =>
      items.flatMap(each => {
        if (each.item) return [{ ...each, item: without(each.item) }]
        if (text.includes(`"${each.linkId}"`)) return [each]
        silenced++
        return []
      })
    const blank = viewOf(sheet, { ...response, item: without(response.item) }, decided)
    if (JSON.stringify(blank) !== JSON.stringify(view)) throw new Error('silence can be heard')
  })
  t.doesNotThrow(() => fc.assert(same, runs))
  t.ok(silenced > 1000, 'and there was much to be silent about')
})
