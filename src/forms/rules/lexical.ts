/**
 * How FHIR R4 writes its primitive types, and which of them comes first. Partial dates are dates of their own precision.
 * @see https://hl7.org/fhir/R4/datatypes.html#primitive
 */

const dateForm = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/
const timeForm = /^(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?$/
const zoneForm = /^(.*)(Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)$/

const daysOf = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate()

/** `YYYY`, `YYYY-MM` or `YYYY-MM-DD` of a day that exists. */
export function isDate(text: string): boolean {
  const parts = dateForm.exec(text)
  if (!parts || parts[1] === '0000') return false
  if (parts[2] === undefined) return true
  const month = Number(parts[2])
  if (month < 1 || month > 12) return false
  if (parts[3] === undefined) return true
  const day = Number(parts[3])
  return day >= 1 && day <= daysOf(Number(parts[1]), month)
}

/** `hh:mm:ss` with or without a fraction. */
export const isTime = (text: string): boolean => timeForm.test(text)

/** A date, or a full date with time and zone. */
export function isDateTime(text: string): boolean {
  const at = text.indexOf('T')
  if (at < 0) return isDate(text)
  const zoned = zoneForm.exec(text.slice(at + 1))
  return at === 10 && isDate(text.slice(0, at)) && zoned !== null && isTime(zoned[1]!)
}

/** A 32-bit signed integer. */
export const isInteger = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) === ((value as number) | 0)

/** uri: not empty and without white space; a urn:uuid: is a UUID in lower case. */
export function isUri(text: string): boolean {
  if (text === '' || /\s/.test(text)) return false
  if (!text.startsWith('urn:uuid:')) return true
  return /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(text)
}

const sign = (difference: number): number => (difference < 0 ? -1 : difference > 0 ? 1 : 0)
const ofTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/**
 * Order of two dates or dateTimes: negative, 0 or positive, or undefined where their precision does not tell
 * (2026-09 against 2026-09-15). A date and a time with zone compare by the day that is written.
 */
export function compareDates(a: string, b: string): number | undefined {
  if (a.includes('T') && b.includes('T')) return compareInstants(a, b)
  const dayOfA = a.slice(0, 10)
  const dayOfB = b.slice(0, 10)
  const common = Math.min(dayOfA.length, dayOfB.length)
  const order = ofTexts(dayOfA.slice(0, common), dayOfB.slice(0, common))
  return order !== 0 || a.length === b.length ? order : undefined
}

const fractionForm = /\.(\d+)/

/** A leap second counts as the one after; what is finer than a second counts to its last digit. */
function compareInstants(a: string, b: string): number | undefined {
  const seconds = (text: string) => {
    const whole = text.replace(fractionForm, '')
    return whole.slice(17, 19) === '60'
      ? Date.parse(`${whole.slice(0, 17)}59${whole.slice(19)}`) + 1000
      : Date.parse(whole)
  }
  const difference = seconds(a) - seconds(b)
  if (Number.isNaN(difference)) return undefined
  const fraction = (text: string) => withoutZeros(fractionForm.exec(text)?.[1] ?? '')
  return sign(difference) || ofTexts(fraction(a), fraction(b))
}

/** Not by a pattern: one that looks for zeros at an end takes a time that grows with their square. */
function withoutZeros(digits: string): string {
  let end = digits.length
  while (end > 0 && digits[end - 1] === '0') end--
  return digits.slice(0, end)
}

/** Order of two times of day. */
export function compareTimes(a: string, b: string): number {
  const plain = (text: string) => {
    const [whole, fraction = ''] = text.split('.')
    const kept = withoutZeros(fraction)
    return kept === '' ? whole! : `${whole}.${kept}`
  }
  return ofTexts(plain(a), plain(b))
}

/** Digits after the point of a number as written, the exponent taken into account. */
export function decimalPlaces(text: string): number {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e')
  const fraction = mantissa.split('.')[1] ?? ''
  return Math.max(0, fraction.length - Number(exponent))
}

/** Characters as people count them: code points, not UTF-16 units. */
export function countCharacters(text: string): number {
  let count = 0
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    // the second half of a pair was counted with the first
    if (unit < 0xdc00 || unit > 0xdfff) count++
  }
  return count
}
