import type {
  Coding,
  Extension,
  QuestionnaireItem,
  QuestionnaireResponseItemAnswer,
  Reference
} from '@medplum/fhirtypes'
import { ext } from './forms.ts'

/** Where a generator takes its decisions from. */
export interface Draw {
  /** a whole number from 0, smaller than `limit` */
  readonly below: (limit: number) => number
  readonly pick: <T>(list: readonly T[]) => T
  /** true so many times of a hundred */
  readonly chance: (percent: number) => boolean
}

type Answer = QuestionnaireResponseItemAnswer

/** An answer that breaks one rule of its question and no other. */
export interface Wrong {
  /** severity and rule, e.g. `e qr-44` */
  readonly found: string
  /** what follows the expression of the answer */
  readonly at: string
  readonly answer: Answer
}

/** A sort of question: what a form says of it, its right answers, and the wrong ones. */
export interface Sort {
  readonly item: Pick<QuestionnaireItem, 'type'> & Partial<QuestionnaireItem>
  /** @param isAlone the answer stands beside no other */
  readonly answer: (draw: Draw, isAlone: boolean) => Answer
  readonly wrong?: readonly Wrong[]
  /** the answer is computed: always there, once, and not for others to change */
  readonly isComputed?: true
  /** an option that excludes all others */
  readonly exclusive?: Answer
}

const sdc = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire'
const system = 'http://example.org/colours'

export const colours: readonly Coding[] = ['red', 'green', 'blue'].map(code => ({
  system,
  code,
  display: `The ${code}`
}))
const coding = (draw: Draw): Answer => ({ valueCoding: draw.pick(colours) })
const unknownCode: Answer = { valueCoding: { system, code: 'yellow' } }

const digits = (value: number): string => String(value).padStart(2, '0')
const date = (draw: Draw): string =>
  `20${digits(10 + draw.below(10))}-${digits(1 + draw.below(12))}-${digits(1 + draw.below(28))}`
const time = (draw: Draw): string => `${digits(8 + draw.below(10))}:${digits(draw.below(60))}:00`
const word = (draw: Draw): string => Array.from({ length: 3 + draw.below(5) }, () => draw.pick([...'abcxyz'])).join('')

const bounds = (type: string, least: unknown, most: unknown): Partial<QuestionnaireItem> => ({
  extension: [ext('minValue', { [`value${type}`]: least }), ext('maxValue', { [`value${type}`]: most })]
})
const extended = (...extension: Extension[]): Partial<QuestionnaireItem> => ({ extension })

function wrong(found: string, at: string, ...answers: readonly Answer[]): readonly Wrong[] {
  return answers.map(answer => ({ found, at, answer }))
}

const options = (...values: readonly object[]): Partial<QuestionnaireItem> => ({
  answerOption: values as NonNullable<QuestionnaireItem['answerOption']>
})

const unit = (code: string): Coding => ({ system: 'http://unitsofmeasure.org', code, display: code })
const quantity = (value: number, code: string) => ({ value, unit: code, system: 'http://unitsofmeasure.org', code })
/** Between 1 kg and 100 kg, in either unit. */
const weight = (draw: Draw): Answer => {
  const kilograms = 1 + draw.below(100)
  return { valueQuantity: draw.chance(50) ? quantity(kilograms, 'kg') : quantity(kilograms * 1000, 'g') }
}

const bytes = (count: number): string => Buffer.alloc(count, 7).toString('base64')
const image = (size: number) => ({ contentType: 'image/png', data: bytes(size), size })

const patient = (draw: Draw): Reference => ({ reference: `${draw.pick(['Patient', 'Practitioner'])}/${draw.below(9)}` })

const expression = (text: string) => ({ valueExpression: { language: 'text/fhirpath', expression: text } })

/** Every type of R4, and everything that a form can demand of an answer. Each demand stands alone, so that what breaks it breaks one rule. */
export const sorts: readonly Sort[] = [
  { item: { type: 'boolean' }, answer: draw => ({ valueBoolean: draw.chance(50) }) },
  { item: { type: 'decimal' }, answer: draw => ({ valueDecimal: draw.below(400) / 4 }) },
  {
    item: { type: 'decimal', ...bounds('Decimal', -1.5, 100) },
    answer: draw => ({ valueDecimal: draw.below(400) / 4 }),
    wrong: wrong('e qr-44', '.value', { valueDecimal: -1.51 }, { valueDecimal: 100.01 })
  },
  {
    item: { type: 'decimal', ...extended(ext('maxDecimalPlaces', { valueInteger: 2 })) },
    answer: draw => ({ valueDecimal: draw.below(400) / 4 }),
    wrong: wrong('e qr-46', '.value', { valueDecimal: 0.125 })
  },
  { item: { type: 'integer' }, answer: draw => ({ valueInteger: draw.below(100) }) },
  {
    item: { type: 'integer', ...bounds('Integer', 0, 99) },
    answer: draw => ({ valueInteger: draw.below(100) }),
    wrong: wrong('e qr-44', '.value', { valueInteger: -1 }, { valueInteger: 100 })
  },
  {
    item: { type: 'integer', ...options({ valueInteger: 1 }, { valueInteger: 2 }) },
    answer: draw => ({ valueInteger: 1 + draw.below(2) }),
    wrong: wrong('e qr-38', '.value', { valueInteger: 3 })
  },
  {
    item: { type: 'integer', readOnly: true, ...extended(ext(`${sdc}-calculatedExpression`, expression('40 + 2'))) },
    answer: () => ({ valueInteger: 42 }),
    wrong: wrong('e qr-55', '.value', { valueInteger: 41 }),
    isComputed: true
  },
  { item: { type: 'date' }, answer: draw => ({ valueDate: date(draw) }) },
  {
    item: { type: 'date', ...bounds('Date', '2010-01-01', '2019-12-31') },
    answer: draw => ({ valueDate: date(draw) }),
    wrong: wrong('e qr-44', '.value', { valueDate: '2009-12-31' }, { valueDate: '2020' }, { valueDate: '2019-12' })
  },
  {
    item: { type: 'dateTime', ...bounds('DateTime', '2010-01-01T00:00:00Z', '2019-12-31T00:00:00Z') },
    answer: draw => ({ valueDateTime: `${date(draw)}T00:00:00Z` }),
    wrong: wrong(
      'e qr-44',
      '.value',
      { valueDateTime: '2009-12-31T23:59:59Z' },
      { valueDateTime: '2019-12-31T00:00:01Z' }
    )
  },
  { item: { type: 'dateTime' }, answer: draw => ({ valueDateTime: `${date(draw)}T${time(draw)}Z` }) },
  {
    item: { type: 'time', ...bounds('Time', '08:00:00', '17:59:59') },
    answer: draw => ({ valueTime: time(draw) }),
    wrong: wrong('e qr-44', '.value', { valueTime: '07:59:59' }, { valueTime: '18:00:00' })
  },
  {
    item: { type: 'time', ...options({ valueTime: '09:00:00' }, { valueTime: '10:00:00' }) },
    answer: draw => ({ valueTime: draw.pick(['09:00:00', '10:00:00']) }),
    wrong: wrong('e qr-38', '.value', { valueTime: '11:00:00' })
  },
  {
    item: { type: 'string' },
    answer: draw => ({ valueString: word(draw) }),
    wrong: wrong('w qr-48', '.value', { valueString: 'two\nlines' })
  },
  {
    item: { type: 'string', maxLength: 8, ...extended(ext('minLength', { valueInteger: 3 })) },
    answer: draw => ({ valueString: word(draw) }),
    wrong: wrong('e qr-48', '.value', { valueString: '両立' }, { valueString: 'nineabcde' })
  },
  {
    item: { type: 'text', ...extended(ext('regex', { valueString: '[a-z\\n]+' })) },
    answer: draw => ({ valueString: `${word(draw)}\n${word(draw)}` }),
    wrong: wrong('e qr-48', '.value', { valueString: 'Upper' })
  },
  {
    item: { type: 'string', ...options({ valueString: 'one' }, { valueString: 'two' }) },
    answer: draw => ({ valueString: draw.pick(['one', 'two']) }),
    wrong: wrong('e qr-38', '.value', { valueString: 'three' })
  },
  {
    item: { type: 'url' },
    answer: draw => ({ valueUri: `https://example.org/${draw.below(100)}` }),
    wrong: wrong('e qr-35', '.value', { valueUri: 'no uri' })
  },
  {
    item: { type: 'choice', ...options(...colours.map(valueCoding => ({ valueCoding }))) },
    answer: coding,
    wrong: wrong('e qr-37', '.value', unknownCode, { valueCoding: { system: 'urn:other', code: 'red' } })
  },
  {
    item: {
      type: 'choice',
      ...options(...colours.map(valueCoding => ({ valueCoding })), {
        valueCoding: { system, code: 'none' },
        extension: [ext('questionnaire-optionExclusive', { valueBoolean: true })]
      })
    },
    answer: (draw, isAlone) => (isAlone && draw.chance(30) ? { valueCoding: { system, code: 'none' } } : coding(draw)),
    wrong: wrong('e qr-37', '.value', unknownCode),
    exclusive: { valueCoding: { system, code: 'none' } }
  },
  {
    item: { type: 'choice', ...options({ valueDate: '2026-01-01' }, { valueInteger: 5 }) },
    answer: draw => draw.pick<Answer>([{ valueDate: '2026-01-01' }, { valueInteger: 5 }]),
    wrong: wrong('e qr-38', '.value', { valueInteger: 6 }, { valueDate: '2026-01-02' }, { valueString: '5' })
  },
  {
    item: { type: 'choice', answerValueSet: '#colours' },
    answer: coding,
    wrong: [
      ...wrong('e qr-39', '.value', unknownCode),
      ...wrong('e qr-39', '.value.display', { valueCoding: { system, code: 'red', display: 'The blue' } })
    ]
  },
  {
    item: { type: 'open-choice', answerValueSet: 'http://example.org/ValueSet/colours' },
    answer: draw => (draw.chance(40) ? { valueString: word(draw) } : coding(draw)),
    wrong: [...wrong('e qr-39', '.value', unknownCode), ...wrong('w qr-40', '.value', { valueString: ' the RED' })]
  },
  {
    item: { type: 'open-choice', ...options(...colours.map(valueCoding => ({ valueCoding }))) },
    answer: draw => (draw.chance(40) ? { valueString: word(draw) } : coding(draw)),
    wrong: [...wrong('e qr-37', '.value', unknownCode), ...wrong('w qr-40', '.value', { valueString: 'Blue' })]
  },
  {
    item: {
      type: 'attachment',
      ...extended(ext('mimeType', { valueCode: 'image/png' }), ext('maxSize', { valueDecimal: 99 }))
    },
    answer: draw => ({ valueAttachment: image(draw.below(100)) }),
    wrong: [
      ...wrong('e qr-49', '.value', { valueAttachment: image(100) }, { valueAttachment: { data: bytes(1) } }),
      ...wrong('e qr-49', '.value.size', { valueAttachment: { ...image(5), size: 6 } }),
      ...wrong('e qr-49', '.value.contentType', { valueAttachment: { ...image(5), contentType: 'text/plain' } })
    ]
  },
  {
    item: {
      type: 'reference',
      ...extended(
        ...['Patient', 'Practitioner'].map(valueCode => ext('questionnaire-referenceResource', { valueCode }))
      )
    },
    answer: draw => ({ valueReference: patient(draw) }),
    wrong: [
      ...wrong('e qr-50', '.value', { valueReference: { reference: 'Organization/1' } }),
      ...wrong('e qr-50', '.value.reference', { valueReference: { reference: 'no reference' } })
    ]
  },
  { item: { type: 'quantity' }, answer: weight },
  {
    item: {
      type: 'quantity',
      ...extended(
        ext(`${sdc}-minQuantity`, { valueQuantity: quantity(1, 'kg') }),
        ext(`${sdc}-maxQuantity`, { valueQuantity: quantity(100, 'kg') })
      )
    },
    answer: weight,
    wrong: wrong('e qr-45', '.value', { valueQuantity: quantity(999, 'g') }, { valueQuantity: quantity(101, 'kg') })
  },
  {
    item: {
      type: 'quantity',
      ...extended(...['kg', 'g'].map(code => ext('questionnaire-unitOption', { valueCoding: unit(code) })))
    },
    answer: weight,
    wrong: wrong('e qr-47', '.value', { valueQuantity: quantity(5, 'm') }, { valueQuantity: { value: 5, unit: 'kg' } })
  }
]

/** An answer of a type that the question does not take, and no type of option either. */
export const ofWrongType = (type: string): Answer =>
  type === 'attachment' ? { valueBoolean: true } : { valueAttachment: { title: 'x' } }
