import type { QuestionnaireResponseItemAnswer } from '@medplum/fhirtypes'
import { extensions } from './extensions.ts'
import type { Item, Option, ValueKey } from './form.ts'
import { fitOf, keysOf } from './rules/answer-types.ts'
import { isMasked, isObject, type Source } from './rules/node.ts'
import { sameness } from './rules/options.ts'

const maskedElement = { extension: [{ url: extensions.dataAbsentReason, valueCode: 'masked' }] }

/** Types whose value is an object, so that the mask goes into the value and not beside it. */
const complex: ReadonlySet<ValueKey> = new Set(['valueCoding', 'valueAttachment', 'valueReference', 'valueQuantity'])

/** An answer that shows that something was withheld, and nothing of it (contract §6.5). */
function maskedAnswer(item: Item): QuestionnaireResponseItemAnswer {
  const key = keysOf(item)[0] ?? 'valueString'
  return { [complex.has(key) ? key : `_${key}`]: maskedElement } as QuestionnaireResponseItemAnswer
}

/** One answer as plain JSON; undefined where it has no value. */
export function answerToPlain(item: Item, answer: Source): unknown {
  for (const name of Object.keys(answer)) {
    const value = answer[name]
    if ((name.startsWith('_value') || name.startsWith('value')) && isMasked(value)) return { masked: true }
    if (name.startsWith('value')) return valueToPlain(item, name as ValueKey, value)
  }
  return undefined
}

function valueToPlain(item: Item, key: ValueKey, value: unknown): unknown {
  const option = item.options.find(each => each.key === key && sameness(key, each.value) === sameness(key, value))
  if (option) return option.plain
  return key === 'valueString' && item.type === 'open-choice' ? { other: value } : value
}

const typeNames: Readonly<Record<string, string>> = {
  boolean: 'true / false',
  decimal: 'number',
  integer: 'integer',
  date: 'date "YYYY-MM-DD"',
  dateTime: 'dateTime "YYYY-MM-DDThh:mm:ss+09:00"',
  time: 'time "hh:mm"',
  choice: 'code (string)',
  'open-choice': 'code (string) / {"other":"…"}',
  quantity: 'Quantity (object)',
  attachment: 'Attachment (object)',
  reference: 'Reference (object)'
}

/** How a plain answer to this item is written, for people. */
export const plainType = (item: Item): string => typeNames[item.type] ?? 'string'

const isOnly = (value: unknown, name: string): value is Source =>
  isObject(value) && Object.keys(value).length === 1 && Object.hasOwn(value, name)

type Fault = 'wrong-type' | 'not-of-its-form' | 'code-not-offered'

/** Reads one plain answer. @returns the answer, or which finding it is */
export function answerFromPlain(item: Item, plain: unknown): QuestionnaireResponseItemAnswer | Fault {
  if (isOnly(plain, 'masked') && plain.masked === true) return maskedAnswer(item)
  if (item.type === 'choice' || item.type === 'open-choice') return choiceFromPlain(item, plain)
  const key = keysOf(item)[0]
  if (key === undefined) return 'wrong-type'
  const value = item.type === 'time' ? withSeconds(plain) : plain
  const fit = value === '' ? 'wrong-type' : fitOf(key, value)
  return fit === 'fits' ? ({ [key]: value } as QuestionnaireResponseItemAnswer) : fit
}

/** ISO 8601 lets people leave the seconds out, FHIR does not. */
const withSeconds = (plain: unknown): unknown =>
  typeof plain === 'string' && /^\d\d:\d\d$/.test(plain) ? `${plain}:00` : plain

function choiceFromPlain(item: Item, plain: unknown): QuestionnaireResponseItemAnswer | Fault {
  if (item.type === 'open-choice' && isOnly(plain, 'other')) {
    return typeof plain.other === 'string' && plain.other !== '' ? { valueString: plain.other } : 'wrong-type'
  }
  const option = item.options.find(each => each.plain === plain)
  if (option) return { [option.key]: chosen(option) } as QuestionnaireResponseItemAnswer
  if (isCoding(plain)) return { valueCoding: plain }
  return typeof plain === 'string' && item.options.length > 0 ? 'code-not-offered' : 'wrong-type'
}

/** A Coding of no option of ours, as `answerToPlain` gives it: for the check to judge. */
const isCoding = (plain: unknown): plain is { readonly code: string } =>
  isObject(plain) && typeof plain.code === 'string'

/** System, code and display as a filler writes them, without the translations that the form has for the display. */
function chosen({ key, value }: Option): unknown {
  if (key !== 'valueCoding' || !isObject(value)) return value
  const { system, code, display } = value
  return { ...(system === undefined ? {} : { system }), code, ...(display === undefined ? {} : { display }) }
}
