import fc from 'fast-check'
import t from 'tap'
import {
  bundleIdentifierSystem,
  corporateNumberSystem,
  medicalInstitutionSystem
} from '../../src/document/canonical.ts'
import {
  containsMyNumber,
  corporateNumberFault,
  dentistNumberPrefix,
  identifierFault,
  institutionNumberFault,
  isMyNumber,
  medicalRegistrationSystem,
  normalSystem,
  patientNumberPrefix,
  shortInstitutionSystem,
  staffNumberPrefix
} from '../../src/document/identifier.ts'

const institutions = ['0110113719', '1319999015', '2719999027', '4019999038']
const corporations = ['7000012050002', '6000012070001', '8999999999901', '7999999999902', '6999999999903']
const digits = (length: number) => fc.stringMatching(new RegExp(`^[0-9]{${length}}$`))

/** All texts that differ from this one in one digit. */
const oneDigitOff = (text: string): string[] =>
  Array.from(text).flatMap((digit, at) =>
    Array.from('0123456789')
      .filter(other => other !== digit)
      .map(other => text.slice(0, at) + other + text.slice(at + 1))
  )

t.test('takes the numbers of institutions that pass the check', async t => {
  for (const number of institutions) t.equal(institutionNumberFault(number), undefined, number)
  for (const number of [
    '',
    '131999901',
    '13199990155',
    '131999901A',
    '１３１９９９９０１５',
    '0019999015',
    '4819999015',
    '1329999015',
    '1349999015',
    '1319999015\n'
  ]) {
    t.equal(institutionNumberFault(number), 'format', JSON.stringify(number))
  }
})

t.test('notices every single wrong digit in the number of an institution', async t => {
  for (const number of institutions) {
    t.same(
      oneDigitOff(number).filter(other => institutionNumberFault(other) === undefined),
      [],
      number
    )
  }
  const anyInstitution = fc
    .tuple(fc.integer({ min: 1, max: 47 }), fc.constantFrom('1', '3'), digits(6))
    .map(([prefecture, table, rest]) => {
      const base = `${`${prefecture}`.padStart(2, '0')}${table}${rest}`
      return Array.from('0123456789', check => base + check).filter(
        number => institutionNumberFault(number) === undefined
      )
    })
  fc.assert(
    fc.property(anyInstitution, passing => {
      return (
        passing.length === 1 && oneDigitOff(passing[0]!).every(other => institutionNumberFault(other) !== undefined)
      )
    })
  )
})

t.test('takes corporate numbers that pass the check, and notices a wrong digit unless it is 0 for 9', async t => {
  for (const number of corporations) t.equal(corporateNumberFault(number), undefined, number)
  for (const number of ['', '0000012050002', '700001205000', '70000120500020', '7000012-50002'])
    t.equal(corporateNumberFault(number), 'format', number)
  fc.assert(
    fc.property(digits(12), base => {
      const passing = Array.from('123456789', check => check + base).filter(
        number => corporateNumberFault(number) === undefined
      )
      if (passing.length !== 1) return false
      return oneDigitOff(passing[0]!).every(other => {
        const place = Array.from(other).findIndex((digit, at) => digit !== passing[0]![at])
        const isBlind = place > 0 && ['09', '90'].includes(passing[0]![place]! + other[place]!)
        return (corporateNumberFault(other) === undefined) === isBlind
      })
    })
  )
})

t.test('recognises a マイナンバー by its check digit', async t => {
  t.ok(isMyNumber('123456789018'))
  for (const text of ['123456789010', '12345678901', '1234567890180', '1234-5678-9018', '１２３４５６７８９０１８', ''])
    t.notOk(isMyNumber(text), text)
  fc.assert(
    fc.property(digits(11), base => Array.from('0123456789').filter(check => isMyNumber(base + check)).length === 1)
  )
})

t.test('finds a マイナンバー however it is written', async t => {
  for (const text of [
    '123456789018',
    '1234-5678-9018',
    '1234 5678 9018',
    '１２３４５６７８９０１８',
    '１２３４－５６７８－９０１８',
    '1234　5678　9018',
    '1234ー5678ー9018',
    '1234−5678‐9018',
    '123456 789018',
    '個人番号は123456789018です',
    '番号:1234-5678-9018。',
    '2026年 1234 5678 9018 2026',
    '090-1234-5678 123456789018',
    '3 1234-5678-9018'
  ]) {
    t.ok(containsMyNumber(text), text)
  }
  for (const text of [
    '',
    'なし',
    '123456789010',
    '1234567890180',
    '0123456789018',
    'A123456789018',
    '123456789018B',
    '1234-5678 9018',
    '1234--5678--9018',
    '1234/5678/9018',
    '1319999015^2026^000123',
    '7000012050002',
    '00000000-1234-5678-9018-abcdefabcdef',
    'urn:uuid:0192f0a1-1234-4567-8901-800000000000'
  ]) {
    t.notOk(containsMyNumber(text), text)
  }
  fc.assert(
    fc.property(digits(11), fc.constantFrom('', ' ', '-', '　', '－'), fc.boolean(), (base, separator, isWide) => {
      const number = Array.from('0123456789', check => base + check).find(isMyNumber)!
      const grouped = [number.slice(0, 4), number.slice(4, 8), number.slice(8)].join(separator)
      return containsMyNumber(
        isWide ? grouped.replaceAll(/[0-9]/g, digit => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)) : grouped
      )
    })
  )
})

t.test('long texts of digits take time in proportion', async t => {
  t.notOk(containsMyNumber(`${'1 '.repeat(200_000)}a`))
  t.notOk(containsMyNumber(`${'1'.repeat(400_000)}a`))
  t.notOk(containsMyNumber('1111-'.repeat(80_000)))
})

t.test('checks an identifier by the rules of its system', async t => {
  const fault = (system: string, value: string) => identifierFault({ system, value })
  t.equal(fault(medicalInstitutionSystem, '1319999015'), undefined)
  t.equal(fault(medicalInstitutionSystem, '1319999016'), 'check-digit')
  t.equal(fault(corporateNumberSystem, '8999999999901'), undefined)
  t.equal(fault(corporateNumberSystem, '9999999999901'), 'check-digit')
  t.equal(fault(bundleIdentifierSystem, '1319999015^2026^000123'), undefined)
  t.equal(fault(bundleIdentifierSystem, '1319999016^2026^000123'), 'check-digit')
  for (const value of ['1319999015', '1319999015^26^1', '1319999015^2026^', '1319999015^2026^1^2']) {
    t.equal(fault(bundleIdentifierSystem, value), 'format', value)
  }
  t.equal(fault(medicalRegistrationSystem, '123456'), undefined)
  t.equal(fault('urn:oid:1.2.392.100495.20.3.31', '1234567'), 'format')
  t.equal(fault('urn:oid:1.2.392.100495.20.3.23', '9999015'), undefined)
  t.equal(fault(`${patientNumberPrefix}1319999015`, 'P-42'), undefined)
  t.equal(fault(`${patientNumberPrefix}1319999016`, 'P-42'), 'check-digit')
  t.equal(fault(`${staffNumberPrefix}13199990`, '42'), 'format')
  t.equal(fault(`${dentistNumberPrefix}1319999016`, '42'), 'check-digit')
  t.equal(fault('urn:example:local', 'anything'), undefined)
  for (const system of [medicalInstitutionSystem, `${patientNumberPrefix}1319999015`, 'urn:example:local']) {
    t.equal(fault(system, '1234 5678 9018'), 'my-number', system)
  }
})

t.test('knows systems by OID and by URL', async t => {
  t.equal(normalSystem('urn:oid:1.2.392.100495.20.3.31'), medicalRegistrationSystem)
  t.equal(normalSystem('urn:oid:1.2.392.100495.20.3.23'), shortInstitutionSystem)
  t.equal(normalSystem(corporateNumberSystem), corporateNumberSystem)
  t.equal(normalSystem('urn:oid:1.2.392.100495.20.3.61'), 'http://jpfhir.jp/fhir/core/mhlw/IdSystem/InsurerNumber')
  t.equal(normalSystem('toString'), 'toString')
})
