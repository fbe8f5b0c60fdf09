import { type Form, hasQuestions, type Item } from './form.ts'
import { conditionsOf } from './json-schema-conditions.ts'

/** A JSON Schema. */
export type Schema = Readonly<Record<string, unknown>>

export interface SchemaOptions {
  /**
   * answers as a recipient reads them, where any may be `{"masked":true}` or, withheld without a mark, not there at all; else as
   * they are written
   */
  readonly masked?: boolean
}

/**
 * The plain answers of a form (contract §10) as JSON Schema 2020-12: titles in Japanese as printed, descriptions in
 * English. It describes a complete response; a draft may lack what is required. What a schema cannot say (a condition on an
 * answer outside the same object, a date that exists) `Form.check` does.
 */
export function answersSchema(form: Form, options: SchemaOptions = {}): Schema {
  const masked = options.masked ?? false
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: form.title,
    description: form.english === undefined ? form.canonical : `${form.english} (${form.canonical})`,
    ...objectSchema(form.root, masked),
    ...(masked ? { $defs: { masked: maskedSchema } } : {})
  }
}

const maskedSchema: Schema = {
  title: '非開示',
  description: 'Withheld by the worker',
  type: 'object',
  properties: { masked: { const: true } },
  required: ['masked'],
  additionalProperties: false
}

function objectSchema(parent: Item, masked: boolean): Schema {
  const items = parent.items.filter(item => item.type !== 'display')
  const required = items.filter(item => item.required && item.enableWhen.length === 0).map(item => item.linkId)
  const conditions = items.flatMap(item => conditionsOf(item))
  return {
    type: 'object',
    properties: Object.fromEntries(items.map(item => [item.linkId, itemSchema(item, masked)])),
    ...(required.length > 0 && !masked ? { required } : {}),
    ...(conditions.length > 0 && !masked ? { allOf: conditions } : {}),
    additionalProperties: false
  }
}

function itemSchema(item: Item, masked: boolean): Schema {
  const single = item.type === 'group' ? objectSchema(item, masked) : questionSchema(item, masked)
  const words = {
    ...(item.text === undefined ? {} : { title: item.text }),
    description: [item.english ?? item.linkId, ...helpOf(item)].join('\n')
  }
  if (!item.repeats) return { ...words, ...single }
  const least = Math.max(item.min, item.required ? 1 : 0)
  return {
    ...words,
    type: 'array',
    items: single,
    ...(least > 0 && !masked ? { minItems: least } : {}),
    ...(item.max === Number.POSITIVE_INFINITY ? {} : { maxItems: item.max })
  }
}

/** Examples and notes that stand below a label. */
const helpOf = (item: Item): readonly string[] =>
  item.items.filter(child => child.type === 'display').flatMap(child => child.english ?? child.text ?? [])

function questionSchema(item: Item, masked: boolean): Schema {
  const value = valueSchema(item)
  const answer = masked ? { anyOf: [value, { $ref: '#/$defs/masked' }] } : value
  if (!hasQuestions(item)) return answer
  return {
    type: 'object',
    properties: { answer, items: objectSchema(item, masked) },
    required: ['answer'],
    additionalProperties: false
  }
}

const text = (item: Item): Schema => ({
  type: 'string',
  minLength: 1,
  ...(item.maxLength === undefined ? {} : { maxLength: item.maxLength })
})

const bounds = ({ least, most }: Item): Schema => ({
  ...(typeof least === 'number' ? { minimum: least } : {}),
  ...(typeof most === 'number' ? { maximum: most } : {})
})

const date = '\\d{4}(-\\d{2}(-\\d{2})?)?'
const time = '([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d(\\.\\d+)?)?'

function valueSchema(item: Item): Schema {
  switch (item.type) {
    case 'boolean':
      return { type: 'boolean' }
    case 'integer':
      return { type: 'integer', ...bounds(item) }
    case 'decimal':
      return { type: 'number', ...bounds(item) }
    case 'date':
      return { type: 'string', pattern: `^${date}$` }
    case 'dateTime':
      return { type: 'string', pattern: `^${date}(T${time}(Z|[+-]\\d{2}:\\d{2}))?$` }
    case 'time':
      return { type: 'string', pattern: `^${time}$` }
    case 'choice':
      return codes(item)
    case 'open-choice':
      return { anyOf: [codes(item), { ...other }] }
    case 'quantity':
    case 'attachment':
    case 'reference':
      return { type: 'object' }
    default:
      return text(item)
  }
}

const other: Schema = {
  title: 'その他',
  description: 'Free text',
  type: 'object',
  properties: { other: { type: 'string', minLength: 1 } },
  required: ['other'],
  additionalProperties: false
}

/** The options, each with what a person reads; a Coding as FHIR writes it where the form lists none. */
function codes(item: Item): Schema {
  if (item.options.length === 0) {
    return { type: 'object', properties: { system: { type: 'string' }, code: { type: 'string' } }, required: ['code'] }
  }
  return {
    oneOf: item.options.map(({ plain, display, english }) => ({
      const: plain,
      ...(display === undefined ? {} : { title: display }),
      ...(english === undefined ? {} : { description: english })
    }))
  }
}
