import type { Item, ValueKey } from '../form.ts'
import { isDate, isDateTime, isInteger, isTime, isUri } from './lexical.ts'
import { isObject } from './node.ts'

/** What a value[x] has to be, as JSON and as text. */
interface ValueType {
  /** name of the FHIR type */
  readonly name: string
  readonly json: 'boolean' | 'number' | 'string' | 'object'
  /** how the type is written, where JSON leaves that open */
  readonly isWritten?: (value: never) => boolean
}

const types: Readonly<Record<ValueKey, ValueType>> = {
  valueBoolean: { name: 'boolean', json: 'boolean' },
  valueDecimal: { name: 'decimal', json: 'number' },
  valueInteger: { name: 'integer', json: 'number', isWritten: isInteger },
  valueDate: { name: 'date', json: 'string', isWritten: isDate },
  valueDateTime: { name: 'dateTime', json: 'string', isWritten: isDateTime },
  valueTime: { name: 'time', json: 'string', isWritten: isTime },
  valueString: { name: 'string', json: 'string' },
  valueUri: { name: 'uri', json: 'string', isWritten: isUri },
  valueAttachment: { name: 'Attachment', json: 'object' },
  valueCoding: { name: 'Coding', json: 'object' },
  valueQuantity: { name: 'Quantity', json: 'object' },
  valueReference: { name: 'Reference', json: 'object' }
}

/** Rule 35: which value[x] an item of each type takes. `question` is abstract and takes none. */
const keyOfType: Readonly<Record<string, readonly ValueKey[]>> = {
  boolean: ['valueBoolean'],
  decimal: ['valueDecimal'],
  integer: ['valueInteger'],
  date: ['valueDate'],
  dateTime: ['valueDateTime'],
  time: ['valueTime'],
  string: ['valueString'],
  text: ['valueString'],
  url: ['valueUri'],
  attachment: ['valueAttachment'],
  reference: ['valueReference'],
  quantity: ['valueQuantity'],
  choice: ['valueCoding'],
  'open-choice': ['valueCoding', 'valueString']
}

/** The value[x] members that an item takes, most usual first; a choice takes the types of its options. */
export function keysOf(item: Pick<Item, 'type' | 'options'>): readonly ValueKey[] {
  const keys = keyOfType[item.type] ?? []
  if (item.type !== 'choice' && item.type !== 'open-choice') return keys
  const offered = new Set(item.options.map(option => option.key))
  if (offered.size === 0) return keys
  if (item.type === 'open-choice') offered.add('valueString')
  return [...offered]
}

export type Fit = 'fits' | 'wrong-type' | 'not-of-its-form'

/** Whether a value is what its member's name says. */
export function fitOf(key: ValueKey, value: unknown): Fit {
  const type = types[key]
  if (!type) return 'wrong-type'
  const isOfJson = type.json === 'object' ? isObject(value) : typeof value === type.json
  if (!isOfJson) return 'wrong-type'
  return type.isWritten && !type.isWritten(value as never) ? 'not-of-its-form' : 'fits'
}

/** `valueCoding` → `Coding`. */
export const typeName = (key: ValueKey): string => types[key]?.name ?? key
