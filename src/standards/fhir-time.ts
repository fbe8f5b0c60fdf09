/**
 * The times of FHIR R4: the regular expressions of its datatypes page, and days that the calendar has.
 * @see https://hl7.org/fhir/R4/datatypes.html#date
 */

const year = '([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)'
const month = '(0[1-9]|1[0-2])'
const day = '(0[1-9]|[1-2][0-9]|3[0-1])'
const clock = '([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\\.[0-9]+)?'
const zone = '(Z|(\\+|-)((0[0-9]|1[0-3]):[0-5][0-9]|14:00))'

const datePattern = new RegExp(`^${year}(-${month}(-${day})?)?$`)
const dateTimePattern = new RegExp(`^${year}(-${month}(-${day}(T${clock}${zone})?)?)?$`)
const instantPattern = new RegExp(`^${year}-${month}-${day}T${clock}${zone}$`)
const timePattern = new RegExp(`^${clock}$`)

/** `2026`, `2026-09` or `2026-09-01` */
export function isDate(text: string): boolean {
  return datePattern.test(text) && isInCalendar(text)
}

/** A date, or date and time to the second with a zone */
export function isDateTime(text: string): boolean {
  return dateTimePattern.test(text) && isInCalendar(text)
}

/** Date and time to the second or finer, with a zone */
export function isInstant(text: string): boolean {
  return instantPattern.test(text) && isInCalendar(text)
}

/** Time of day to the second or finer, without a zone */
export function isTime(text: string): boolean {
  return timePattern.test(text)
}

/**
 * @param instant as `isInstant` takes it
 * @returns milliseconds since 1970 in UTC; what is finer is cut off, a leap second is the second after
 */
export function instantMillis(instant: string): number {
  const fraction = instant.match(/\.([0-9]+)/)?.[1] ?? ''
  const zoneText = instant.slice(instant.endsWith('Z') ? -1 : -6)
  const seconds = Number(instant.slice(17, 19))
  const toMinute = Date.parse(`${instant.slice(0, 16)}:00${zoneText}`)
  return toMinute + seconds * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0'))
}

/** Orders instants by what they mean, whatever their zones; for `sort`. */
export function compareInstants(one: string, other: string): number {
  return instantMillis(one) - instantMillis(other) || compareFractions(one, other)
}

/**
 * @param millis since 1970
 * @returns the instant in UTC with milliseconds: `2026-09-01T00:00:00.000Z`
 */
export function toInstant(millis: number): string {
  return new Date(millis).toISOString()
}

/** Digits beyond milliseconds decide last; sub-second digits do not depend on the zone. */
function compareFractions(one: string, other: string): number {
  const digits = (text: string) => text.match(/\.([0-9]+)/)?.[1] ?? ''
  const length = Math.max(digits(one).length, digits(other).length)
  const padded = [one, other].map(text => digits(text).padEnd(length, '0'))
  return padded[0]! < padded[1]! ? -1 : padded[0]! > padded[1]! ? 1 : 0
}

function isInCalendar(text: string): boolean {
  if (text.length < 10) return true
  const year = Number(text.slice(0, 4))
  const month = Number(text.slice(5, 7))
  return Number(text.slice(8, 10)) <= daysIn(year, month)
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}
