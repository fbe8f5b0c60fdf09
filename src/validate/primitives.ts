import { decodeBase64 } from '../standards/base64.ts'
import { isDate, isDateTime, isInstant, isTime } from '../standards/fhir-time.ts'
import type { Rule } from './findings.ts'
import { isNarrative } from './xhtml.ts'

/** One primitive type of FHIR R4: which JSON value it is, and which of those it takes. */
export interface Primitive {
  readonly json: 'boolean' | 'number' | 'string'
  /** @param value of that JSON type, text never empty */
  readonly takes: (value: never) => boolean
  /** what is said of a value of that JSON type which it does not take */
  readonly rule: Rule
}

function primitive<Json extends boolean | number | string>(
  json: Primitive['json'],
  takes: (value: Json) => boolean,
  name: string,
  ja: string,
  en: string
): Primitive {
  const text = { ja: `${name} 型の値として正しくありません。`, en: `This is no value of the type ${name}.` }
  return { json, takes, rule: { key: 'r4-primitive', code: 'value', text, fix: { ja, en } } }
}

/** Something other than space, without control characters but tab and line ends. */
function isText(text: string): boolean {
  let isVisible = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x20) isVisible ||= code < 0x80 || (code > 0x3000 && code < 0xd800)
    else if (code !== 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) return false
  }
  // Only elsewhere among signs beyond ASCII are there other spaces.
  return isVisible || /\S/.test(text)
}

function withoutSpace(text: string): boolean {
  let isAscii = true
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code <= 0x20) return false
    isAscii &&= code < 0x80
  }
  return isAscii || !/\s/.test(text)
}

/** Words with single spaces between them; nearly all codes are one word of ASCII. */
const isCode = (text: string): boolean => /^[!-~]+$/.test(text) || /^[^\s]+(?:\s[^\s]+)*$/.test(text)

const matches =
  (pattern: RegExp) =>
  (text: string): boolean =>
    pattern.test(text)

const maxInteger = 2_147_483_647
const integerFrom =
  (min: number, max = maxInteger) =>
  (value: number): boolean =>
    Number.isInteger(value) && value >= min && value <= max

function isBase64(text: string): boolean {
  try {
    decodeBase64(text)
    return true
  } catch {
    return false
  }
}

const words = [
  '空白だけでなく、制御文字のない文字列にしてください。',
  'Give text that is more than spaces and has no control characters.'
] as const
const link = ['空白のない URI にしてください。', 'Give a URI without spaces.'] as const

/**
 * By name of the type. The patterns of R4 are written out by hand where they would backtrack without end (base64Binary)
 * or let days pass that no calendar has.
 * @see FHIR R4 datatypes.html#primitive
 */
export const primitives: ReadonlyMap<string, Primitive> = new Map([
  ['boolean', primitive('boolean', () => true, 'boolean', 'true か false にしてください。', 'Give true or false.')],
  [
    'integer',
    primitive(
      'number',
      integerFrom(-maxInteger - 1),
      'integer',
      '32 ビットの整数にしてください。',
      'Give a whole number of 32 bits.'
    )
  ],
  [
    'unsignedInt',
    primitive(
      'number',
      integerFrom(0),
      'unsignedInt',
      '0 以上の 32 ビットの整数にしてください。',
      'Give a whole number of 32 bits from 0.'
    )
  ],
  [
    'positiveInt',
    primitive(
      'number',
      integerFrom(1),
      'positiveInt',
      '1 以上の 32 ビットの整数にしてください。',
      'Give a whole number of 32 bits from 1.'
    )
  ],
  ['decimal', primitive('number', () => true, 'decimal', '数にしてください。', 'Give a number.')],
  ['string', primitive('string', isText, 'string', ...words)],
  ['markdown', primitive('string', isText, 'markdown', ...words)],
  [
    'code',
    primitive(
      'string',
      isCode,
      'code',
      '前後や連続の空白のない符号にしてください。',
      'Give a code without leading, trailing or double spaces.'
    )
  ],
  [
    'id',
    primitive(
      'string',
      matches(/^[A-Za-z0-9.-]{1,64}$/),
      'id',
      '半角英数字、「-」、「.」の 64 文字以内にしてください。',
      'Give 1 to 64 of A-Z, a-z, 0-9, "-" and ".".'
    )
  ],
  ['uri', primitive('string', withoutSpace, 'uri', ...link)],
  ['url', primitive('string', withoutSpace, 'url', ...link)],
  ['canonical', primitive('string', withoutSpace, 'canonical', ...link)],
  [
    'oid',
    primitive(
      'string',
      matches(/^urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+$/),
      'oid',
      'urn:oid: で始まる OID にしてください。',
      'Give an OID that begins with urn:oid:.'
    )
  ],
  [
    'uuid',
    primitive(
      'string',
      matches(/^urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      'uuid',
      'urn:uuid: で始まる小文字の UUID にしてください。',
      'Give a lower-case UUID that begins with urn:uuid:.'
    )
  ],
  [
    'base64Binary',
    primitive(
      'string',
      isBase64,
      'base64Binary',
      '改行のない base64(RFC 4648 第 4 節)にしてください。',
      'Give base64 without line ends (RFC 4648 section 4).'
    )
  ],
  [
    'date',
    primitive(
      'string',
      isDate,
      'date',
      '実在する日を YYYY-MM-DD、YYYY-MM、YYYY のどれかで書いてください。',
      'Give a real day as YYYY-MM-DD, YYYY-MM or YYYY.'
    )
  ],
  [
    'dateTime',
    primitive(
      'string',
      isDateTime,
      'dateTime',
      '実在する日、または秒と時差まで書いた日時にしてください。',
      'Give a real day, or a time down to seconds with its offset.'
    )
  ],
  [
    'instant',
    primitive(
      'string',
      isInstant,
      'instant',
      '秒と時差まで書いた実在する日時にしてください。',
      'Give a real time down to seconds with its offset.'
    )
  ],
  [
    'time',
    primitive('string', isTime, 'time', '時刻を hh:mm:ss で書いてください。', 'Give a time of day as hh:mm:ss.')
  ],
  [
    'xhtml',
    primitive(
      'string',
      isNarrative,
      'xhtml',
      '書式だけの XHTML の div 一つにしてください。画像は data:、スクリプトと外部の参照は使えません。',
      'Give one XHTML div with formatting only: images as data:, no scripts, nothing from elsewhere.'
    )
  ]
])
