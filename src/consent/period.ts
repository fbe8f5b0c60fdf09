import type { Period } from '../document/consent.ts'
import type { Instant } from '../document/ids.ts'
import { instantMillis, isDateTime } from '../standards/fhir-time.ts'

/** Asia/Tokyo has been +09:00 without summer time since 1951. */
const tokyo = 9 * 3_600_000

/**
 * A FHIR dateTime as the half-open span of time that it names: one instant if it has a time of day, else the whole
 * day, month or year in Asia/Tokyo, since a worker who writes a date means the day at home.
 * @returns undefined where it is no dateTime or no day of the calendar
 * @see https://hl7.org/fhir/R4/datatypes.html#dateTime
 */
export function spanOf(text: unknown): Period | undefined {
  if (typeof text !== 'string' || !isDateTime(text)) return undefined
  if (text.length > 'YYYY-MM-DD'.length) return { start: instantMillis(text), end: instantMillis(text) }
  const [year = 0, month, day] = text.split('-').map(Number)
  const next = day ? [year, month! - 1, day + 1] : month ? [year, month, 1] : [year + 1, 0, 1]
  return {
    start: Date.UTC(year, (month ?? 1) - 1, day ?? 1) - tokyo,
    end: Date.UTC(next[0]!, next[1]!, next[2]!) - tokyo
  }
}

/** Periods are `[start, end)`: at its end a consent no longer holds. */
export const includes = (period: Period, at: Instant) => period.start <= at && at < period.end
