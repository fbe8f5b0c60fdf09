import fc from 'fast-check'
import t from 'tap'
import {
  compareInstants,
  instantMillis,
  isDate,
  isDateTime,
  isInstant,
  isTime,
  toInstant
} from '../../src/standards/fhir-time.ts'

const days = ['2026-09-01', '2024-02-29', '2000-02-29', '1975-12-31']
const noDays = [
  '2026-02-29',
  '1900-02-29',
  '2026-04-31',
  '2026-13-01',
  '2026-00-10',
  '2026-01-00',
  '2026-01-32',
  '0000-01-01'
]
noDays.push('26-01-01', '2026-1-1', '2026/01/01', '２０２６-01-01', '2026-09-01 ', '2026-09-01\n', '', '20260901')

t.test('takes dates that the calendar has, also partial ones', async t => {
  for (const text of [...days, '2026', '2026-09', '0001']) t.ok(isDate(text), text)
  for (const text of [...noDays, '2026-', '2026-09-', '2026-09-01T00:00:00Z'])
    t.notOk(isDate(text), JSON.stringify(text))
})

t.test('takes date and time only with seconds and a zone', async t => {
  const good = ['2026-09-01T00:00:00Z', '2026-09-01T23:59:60+09:00', '2026-09-01T12:30:00.123456789-14:00']
  for (const text of good) t.ok(isInstant(text) && isDateTime(text), text)
  for (const text of ['2026', '2026-09', ...days]) t.ok(isDateTime(text) && !isInstant(text), text)
  const bad = [
    '2026-09-01T00:00Z',
    '2026-09-01T00:00:00',
    '2026-09-01T24:00:00Z',
    '2026-09-01T00:60:00Z',
    '2026-09-01T00:00:61Z'
  ]
  bad.push(
    '2026-09-01T00:00:00z',
    '2026-09-01t00:00:00Z',
    '2026-09-01 00:00:00Z',
    '2026-09-01T00:00:00.Z',
    '2026-09-01T00:00:00+9:00'
  )
  bad.push(
    '2026-09-01T00:00:00+14:01',
    '2026-09-01T00:00:00+15:00',
    '2026-02-30T00:00:00Z',
    '2026-09-01T00:00:00Z\n',
    '2026-09T00:00:00Z'
  )
  for (const text of [...bad, ...noDays]) t.notOk(isInstant(text) || isDateTime(text), JSON.stringify(text))
})

t.test('takes times of day', async t => {
  for (const text of ['00:00:00', '23:59:59.9', '08:30:60']) t.ok(isTime(text), text)
  for (const text of ['24:00:00', '08:30', '8:30:00', '08:30:00Z', '08:60:00', '08:30:00.', ''])
    t.notOk(isTime(text), text)
})

t.test('knows which of two instants is earlier, whatever their zones', async t => {
  t.equal(instantMillis('2026-09-01T09:00:00+09:00'), Date.UTC(2026, 8, 1))
  t.equal(instantMillis('1970-01-01T00:00:00.0019Z'), 1)
  t.equal(instantMillis('2026-12-31T23:59:60Z'), Date.UTC(2027, 0, 1), 'a leap second')
  t.equal(compareInstants('2026-09-01T09:00:00+09:00', '2026-09-01T00:00:00.000Z'), 0)
  t.ok(compareInstants('2026-09-01T09:00:00.0001+09:00', '2026-09-01T00:00:00Z') > 0)
  t.ok(compareInstants('2026-09-01T00:00:00.1234Z', '2026-09-01T00:00:00.12345Z') < 0)
  fc.assert(
    fc.property(
      fc.date({ noInvalidDate: true, min: new Date('0002-01-01'), max: new Date('9998-12-31') }),
      fc.integer({ min: -839, max: 840 }),
      (date, zone) => {
        const local = new Date(date.getTime() + zone * 60_000).toISOString().slice(0, -1)
        const [hours, minutes] = [Math.floor(Math.abs(zone) / 60), Math.abs(zone) % 60]
        const pad = (value: number) => `${value}`.padStart(2, '0')
        const text = `${local}${zone < 0 ? '-' : '+'}${pad(hours)}:${pad(minutes)}`
        return (
          isInstant(text) && instantMillis(text) === date.getTime() && compareInstants(text, date.toISOString()) === 0
        )
      }
    )
  )
})

t.test('writes instants in UTC with milliseconds', async t => {
  t.equal(toInstant(Date.UTC(2026, 8, 1)), '2026-09-01T00:00:00.000Z')
  fc.assert(
    fc.property(fc.integer({ min: -60_000_000_000_000, max: 250_000_000_000_000 }), millis => {
      return isInstant(toInstant(millis)) && instantMillis(toInstant(millis)) === millis
    })
  )
})
