import { extensions } from '../../src/forms/extensions.ts'

type Json = Readonly<Record<string, unknown>>

/** A form, a response to it, and where in the response the rule is broken. */
export interface FormExample {
  readonly questionnaire?: Json
  readonly response: Json
  readonly expression: string
}

const core = 'http://hl7.org/fhir/StructureDefinition'
const sdc = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire'
const ucum = 'http://unitsofmeasure.org'
const colours = 'http://example.org/colours'

const form = (items: readonly Json[], members: Json = {}): Json => ({
  resourceType: 'Questionnaire',
  url: 'http://example.org/Questionnaire/any',
  version: '1',
  status: 'active',
  item: items,
  ...members
})
const answers = (items: readonly Json[], members: Json = {}): Json => ({
  resourceType: 'QuestionnaireResponse',
  questionnaire: 'http://example.org/Questionnaire/any|1',
  status: 'completed',
  item: items,
  ...members
})
const question = (linkId: string, type: string, members: Json = {}): Json => ({ linkId, type, ...members })
const answer = (linkId: string, ...values: readonly Json[]): Json => ({ linkId, answer: values })
const text = (linkId: string, value = 'a'): Json => answer(linkId, { valueString: value })
const extended = (url: string, value: Json): Json => ({ extension: [{ url, ...value }] })
const first = 'QuestionnaireResponse.item[0]'
const value = `${first}.answer[0].value`
const fhirPath = (expression: string): Json => ({ language: 'text/fhirpath', expression })

/** One question with one wrong answer. */
const one = (type: string, members: Json, given: Json, expression = value): FormExample => ({
  questionnaire: form([question('a', type, members)]),
  response: answers([answer('a', given)]),
  expression
})

const two = [question('a', 'string'), question('b', 'string')]
const red = { system: colours, code: 'red' }
const choice = { answerOption: [{ valueCoding: red }, { valueCoding: { system: colours, code: 'blue' } }] }
const hours = (given: number): Json => ({ valueQuantity: { value: given, system: ucum, code: 'h', unit: 'h' } })
const bound = (name: string): Json =>
  extended(`${sdc}-${name}`, { valueQuantity: { value: 60, system: ucum, code: 'min' } })

/** Each rule of the engine, broken once by itself: rule key → example. */
export const formExamples: Readonly<Record<string, FormExample>> = {
  'qr-01': {
    response: { resourceType: 'QuestionnaireResponse', status: 'completed', item: [text('a')] },
    expression: 'QuestionnaireResponse'
  },
  'qr-02': {
    response: answers([text('a')], { questionnaire: 'http://example.org/Questionnaire/unknown|1' }),
    expression: 'QuestionnaireResponse.questionnaire'
  },
  'qr-03': {
    questionnaire: form(two, { effectivePeriod: { end: '2026-01-01' } }),
    response: answers([text('a')], { authored: '2026-09-01T10:00:00Z' }),
    expression: 'QuestionnaireResponse.authored'
  },
  'qr-04': {
    questionnaire: form(two, { status: 'draft' }),
    response: answers([text('a')]),
    expression: 'QuestionnaireResponse.questionnaire'
  },
  'qr-05': {
    questionnaire: form([question('a', 'string', { required: true }), question('b', 'string')]),
    response: answers([text('b')], { status: 'in-progress' }),
    expression: 'QuestionnaireResponse'
  },
  'qr-06': {
    questionnaire: form([question('a', 'string', { required: true }), question('b', 'string')]),
    response: answers([text('b')]),
    expression: 'QuestionnaireResponse'
  },
  'qr-09': {
    questionnaire: form(two),
    // there by its extension, as far as R4 goes
    response: answers([
      { _linkId: extended('http://example.org/x', { valueCode: 'a' }), answer: [{ valueString: 'a' }] }
    ]),
    expression: first
  },
  'qr-10': { questionnaire: form(two), response: answers([text('c')]), expression: first },
  'qr-11': {
    questionnaire: form([question('g', 'group', { item: [question('a', 'string')] })]),
    response: answers([text('a')]),
    expression: first
  },
  'qr-12': {
    questionnaire: form(two),
    response: answers([text('b'), text('a')]),
    expression: 'QuestionnaireResponse.item[1]'
  },
  'qr-13': {
    questionnaire: form(two),
    response: answers([text('a'), text('a')]),
    expression: 'QuestionnaireResponse.item[1]'
  },
  'qr-14': {
    questionnaire: form(two),
    response: answers([answer('a', { valueString: 'a' }, { valueString: 'b' })]),
    expression: `${first}.answer[1]`
  },
  'qr-15': {
    questionnaire: form([question('g', 'group', { item: two })]),
    response: answers([text('g')]),
    expression: first
  },
  'qr-16': {
    questionnaire: form([question('a', 'string', { item: [question('b', 'string')] })]),
    response: answers([{ linkId: 'a', item: [text('b')] }]),
    expression: first
  },
  'qr-17': {
    questionnaire: form([question('d', 'display', { text: 'a' })]),
    response: answers([text('d')]),
    expression: first
  },
  'qr-18': {
    questionnaire: form([question('a', 'string', { text: 'a' })]),
    response: answers([{ ...text('a'), text: 'b' }]),
    expression: `${first}.text`
  },
  'qr-19': {
    questionnaire: form([question('g', 'group', { required: true, item: two })]),
    response: answers([{ linkId: 'g' }]),
    expression: first
  },
  'qr-22': {
    questionnaire: form([
      question('a', 'boolean'),
      question('b', 'string', { enableWhen: [{ question: 'a', operator: '=', answerBoolean: true }] })
    ]),
    response: answers([answer('a', { valueBoolean: false }), text('b')]),
    expression: 'QuestionnaireResponse.item[1]'
  },
  'qr-24': {
    questionnaire: form([
      question('a', 'string'),
      question('b', 'string', extended(`${sdc}-enableWhenExpression`, { valueExpression: fhirPath('1 + true') }))
    ]),
    response: answers([text('a'), text('b')]),
    expression: 'QuestionnaireResponse.item[1]'
  },
  'qr-28': {
    questionnaire: form([
      question('a', 'choice', { answerOption: [{ valueCoding: red }, { valueInteger: 1 }] }),
      question('b', 'string', { enableWhen: [{ question: 'a', operator: '=', answerCoding: red }] })
    ]),
    response: answers([answer('a', { valueInteger: 1 }), text('b')]),
    expression: `${first}.answer[0]`
  },
  'qr-35': one('boolean', {}, { valueString: 'a' }),
  'qr-37': one('choice', choice, { valueCoding: { system: colours, code: 'green' } }),
  'qr-38': one('integer', { answerOption: [{ valueInteger: 1 }] }, { valueInteger: 2 }),
  'qr-39': one('choice', { answerValueSet: 'http://example.org/ValueSet/unknown' }, { valueCoding: red }),
  'qr-40': one('open-choice', choice, { valueString: 'RED' }),
  'qr-41': {
    questionnaire: form([
      question('a', 'choice', {
        repeats: true,
        answerOption: [
          { valueCoding: red, ...extended(`${core}/questionnaire-optionExclusive`, { valueBoolean: true }) },
          { valueCoding: { system: colours, code: 'blue' } }
        ]
      })
    ]),
    response: answers([answer('a', { valueCoding: red }, { valueCoding: { system: colours, code: 'blue' } })]),
    expression: `${first}.answer[0]`
  },
  'qr-44': one('integer', extended(`${core}/minValue`, { valueInteger: 5 }), { valueInteger: 4 }),
  'qr-45': one('quantity', bound('maxQuantity'), hours(2)),
  'qr-46': one('decimal', extended(`${core}/maxDecimalPlaces`, { valueInteger: 1 }), { valueDecimal: 1.25 }),
  'qr-47': one(
    'quantity',
    extended(`${core}/questionnaire-unitOption`, { valueCoding: { system: ucum, code: 'min' } }),
    hours(2)
  ),
  'qr-48': one('string', { maxLength: 1 }, { valueString: 'ab' }),
  'qr-49': one(
    'attachment',
    extended(`${core}/mimeType`, { valueCode: 'application/pdf' }),
    { valueAttachment: { contentType: 'text/plain', data: 'YQ==' } },
    `${value}.contentType`
  ),
  'qr-50': one('reference', extended(`${core}/questionnaire-referenceResource`, { valueCode: 'Patient' }), {
    valueReference: { reference: 'Organization/a' }
  }),
  'qr-51': {
    questionnaire: form([
      question('a', 'string', { repeats: true, ...extended(`${core}/questionnaire-maxOccurs`, { valueInteger: 1 }) })
    ]),
    response: answers([answer('a', { valueString: 'a' }, { valueString: 'b' })]),
    expression: `${first}.answer[1]`
  },
  'qr-52': {
    questionnaire: form([question('a', 'integer')], {
      extension: [
        {
          url: `${core}/questionnaire-constraint`,
          extension: [
            { url: 'key', valueId: 'more' },
            { url: 'severity', valueCode: 'error' },
            { url: 'expression', valueString: "item.where(linkId = 'a').answer.value > 5" },
            { url: 'human', valueString: 'a is more than 5' }
          ]
        }
      ]
    }),
    response: answers([answer('a', { valueInteger: 4 })]),
    expression: 'QuestionnaireResponse'
  },
  'qr-55': {
    questionnaire: form([
      question('a', 'integer', {
        readOnly: true,
        ...extended(`${sdc}-calculatedExpression`, { valueExpression: fhirPath('2 + 3') })
      })
    ]),
    response: answers([answer('a', { valueInteger: 4 })]),
    expression: value
  }
}

const calculated = (expression: string, language = 'text/fhirpath'): Json =>
  question('a', 'integer', extended(`${sdc}-calculatedExpression`, { valueExpression: { language, expression } }))
const nested = (depth: number): Json =>
  question(`g${depth}`, 'group', { item: [depth > 2 ? nested(depth - 1) : question('a', 'string')] })

/** A form that is none: rule key → Questionnaire. */
export const questionnaireExamples: Readonly<Record<string, Json>> = {
  'que-1': form([question('g', 'group')]),
  'que-2': form([question('a', 'string'), question('a', 'string')]),
  'que-3': form([question('d', 'display', { code: [red] })]),
  'que-4': form([question('a', 'choice', { ...choice, answerValueSet: 'http://example.org/ValueSet/a' })]),
  'que-5': form([question('a', 'boolean', choice)]),
  'que-6': form([question('d', 'display', { required: true })]),
  'que-7': form([
    question('a', 'string'),
    question('b', 'string', { enableWhen: [{ question: 'a', operator: 'exists', answerString: 'a' }] })
  ]),
  'que-8': form([question('g', 'group', { initial: [{ valueString: 'a' }], item: two })]),
  'que-9': form([question('d', 'display', { readOnly: true })]),
  'que-10': form([question('a', 'date', { maxLength: 1 })]),
  'que-11': form([question('a', 'choice', { ...choice, initial: [{ valueCoding: red }] })]),
  'que-12': form([
    question('a', 'string'),
    question('b', 'string', {
      enableWhen: [
        { question: 'a', operator: 'exists', answerBoolean: true },
        { question: 'a', operator: '=', answerString: 'a' }
      ]
    })
  ]),
  'que-13': form([question('a', 'string', { initial: [{ valueString: 'a' }, { valueString: 'b' }] })]),
  'qr-29': form([
    question('a', 'choice', choice),
    question('b', 'string', { enableWhen: [{ question: 'a', operator: '>', answerCoding: red }] })
  ]),
  'qr-33': form([
    question('a', 'string', { enableWhen: [{ question: 'z', operator: 'exists', answerBoolean: true }] })
  ]),
  'qr-34': form([
    question('a', 'string', { enableWhen: [{ question: 'b', operator: 'exists', answerBoolean: true }] }),
    question('b', 'string', { enableWhen: [{ question: 'a', operator: 'exists', answerBoolean: true }] })
  ]),
  'qr-42': form([question('a', 'choice')]),
  'que-regex': form([question('a', 'string', extended(`${core}/regex`, { valueString: '(?=a)' }))]),
  'que-length': form([question('a', 'string', extended(`${core}/regex`, { valueString: 'a'.repeat(1001) }))]),
  'que-expression': form([calculated('1 +')]),
  'que-expression-language': form([calculated('1', 'application/x-fhir-query')]),
  'que-unsupported': form([
    question('a', 'choice', {
      ...choice,
      ...extended(`${sdc}-answerOptionsToggleExpression`, { valueExpression: fhirPath('true') })
    })
  ]),
  'que-size': form(Array.from({ length: 2001 }, (_, at) => question(`a${at}`, 'string'))),
  'que-depth': form([nested(25)]),
  'que-class': form([question('a', 'string', extended(extensions.disclosureClass, { valueCode: 'no-such-class' }))])
}
