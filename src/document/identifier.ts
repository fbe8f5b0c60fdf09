import { bundleIdentifierSystem, corporateNumberSystem, medicalInstitutionSystem } from './canonical.ts'
import type { Identifier } from './ids.ts'

/** Japanese identifiers that documents carry, and the one that they must never carry. */

/** 医籍登録番号 (JP Core) */
export const medicalRegistrationSystem = 'http://jpfhir.jp/fhir/core/mhlw/IdSystem/medicalRegistrationNumber'
/** 保険医療機関番号 of 7 digits, without 都道府県番号 and 点数表番号 (JP Core) */
export const shortInstitutionSystem = 'http://jpfhir.jp/fhir/core/mhlw/IdSystem/MedicalOrganizationID'
/** 施設患者番号 and 施設職員番号: the 10 digits of the institution follow directly (JP Core) */
export const patientNumberPrefix = 'urn:oid:1.2.392.100495.20.3.51.1'
export const staffNumberPrefix = 'urn:oid:1.2.392.100495.20.3.41.1'
/** the same of dentists */
export const dentistNumberPrefix = 'urn:oid:1.2.392.100495.20.3.42.1'

/** What is wrong with an identifier: not of its system's form, a false check digit, or a マイナンバー. */
export type IdentifierFault = 'format' | 'check-digit' | 'my-number'

/** JP Core 1.2.0 prefers URLs; data of earlier versions names the same systems by OID. */
const urlOfOid: Readonly<Record<string, string>> = {
  'urn:oid:1.2.392.100495.20.3.23': shortInstitutionSystem,
  'urn:oid:1.2.392.100495.20.3.31': medicalRegistrationSystem,
  // 保険者番号、被保険者証の記号と番号
  'urn:oid:1.2.392.100495.20.3.61': 'http://jpfhir.jp/fhir/core/mhlw/IdSystem/InsurerNumber',
  'urn:oid:1.2.392.100495.20.3.62': 'http://jpfhir.jp/fhir/core/mhlw/IdSystem/InsuredPersonSymbol',
  'urn:oid:1.2.392.100495.20.3.63': 'http://jpfhir.jp/fhir/core/mhlw/IdSystem/InsuredPersonNumber'
}

/** @returns the URL of a system that is also known by an OID, else the system as it is */
export function normalSystem(system: string): string {
  return Object.hasOwn(urlOfOid, system) ? urlOfOid[system]! : system
}

/**
 * Checks an identifier as far as its system has rules; local numbers have none of their own.
 * @returns the first fault, a マイナンバー before all else
 */
export function identifierFault(identifier: Identifier): IdentifierFault | undefined {
  const { value } = identifier
  if (containsMyNumber(value)) return 'my-number'
  const system = normalSystem(identifier.system)
  switch (system) {
    case medicalInstitutionSystem:
      return institutionNumberFault(value)
    case corporateNumberSystem:
      return corporateNumberFault(value)
    case bundleIdentifierSystem: {
      const [, institution] = /^([^^]*)\^[0-9]{4}\^[^^]+$/.exec(value) ?? []
      return institution === undefined ? 'format' : institutionNumberFault(institution)
    }
    case medicalRegistrationSystem:
      return /^[0-9]{1,6}$/.test(value) ? undefined : 'format'
    case shortInstitutionSystem:
      return /^[0-9]{7}$/.test(value) ? undefined : 'format'
    default:
      for (const prefix of [patientNumberPrefix, staffNumberPrefix, dentistNumberPrefix]) {
        if (system.startsWith(prefix)) return institutionNumberFault(system.slice(prefix.length))
      }
      return undefined
  }
}

/**
 * 保険医療機関番号(医療機関コード): 都道府県番号 01–47, 点数表番号 1 (医科) or 3 (歯科), 7 digits of which the last is the
 * check digit (Luhn over all ten).
 */
export function institutionNumberFault(value: string): 'format' | 'check-digit' | undefined {
  if (!/^(0[1-9]|[1-3][0-9]|4[0-7])[13][0-9]{7}$/.test(value)) return 'format'
  let sum = 0
  for (let place = 0; place < 10; place++) {
    const digit = digitFromRight(value, place)
    const doubled = place % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0 ? undefined : 'check-digit'
}

/** 法人番号: 13 digits, the first of which checks the others (modulus 9, so that it does not tell 0 from 9). */
export function corporateNumberFault(value: string): 'format' | 'check-digit' | undefined {
  if (!/^[1-9][0-9]{12}$/.test(value)) return 'format'
  let sum = 0
  for (let place = 0; place < 12; place++) sum += digitFromRight(value, place) * (place % 2 === 0 ? 1 : 2)
  return Number(value[0]) === 9 - (sum % 9) ? undefined : 'check-digit'
}

/** @returns whether 12 ASCII digits are a マイナンバー by their check digit; one number of eleven is one by chance */
export function isMyNumber(digits: string): boolean {
  if (!/^[0-9]{12}$/.test(digits)) return false
  let sum = 0
  for (let place = 0; place < 11; place++) {
    sum += digitFromRight(digits, place + 1) * (place < 6 ? place + 2 : place - 4)
  }
  const rest = sum % 11
  return Number(digits[11]) === (rest <= 1 ? 0 : 11 - rest)
}

/**
 * Whether a text holds a マイナンバー: 12 digits in one piece or in groups parted by single spaces or hyphens, in any
 * width. Digits that go on into letters or further digits are no number of their own; a UUID holds none.
 */
export function containsMyNumber(text: string): boolean {
  const candidate = mayHoldTwelve.exec(text)
  if (candidate === null || (isAscii.test(text) && !holdsTwelve(text, candidate.index))) return false
  const plain = text.normalize('NFKC').replace(uuid, 'x').replace(hyphens, '-')
  for (const [run] of plain.matchAll(digitRun)) {
    for (const separator of [' ', '-']) {
      if (run.split(separator === ' ' ? '-' : ' ').some(part => hasTwelve(part.split(separator)))) return true
    }
  }
  return false
}

/**
 * Whether some whole groups of digits from `from` on are twelve and pass the check. Where none are, as with nearly all
 * numbers of other kinds, the closer look is spared.
 */
function holdsTwelve(text: string, from: number): boolean {
  for (let at = from; at < text.length; at++) {
    if (isDigit(text, at) && !isDigit(text, at - 1) && startsTwelve(text, at)) return true
  }
  return false
}

function startsTwelve(text: string, start: number): boolean {
  let count = 0
  for (let at = start; count <= 12; at++) {
    if (isDigit(text, at)) count++
    else if (count === 12) return isMyNumber(text.slice(start, at).replaceAll(/[ -]/g, ''))
    else if ((text[at] !== ' ' && text[at] !== '-') || !isDigit(text, at + 1)) return false
  }
  return false
}

const isDigit = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at)
  return code >= zero && code <= zero + 9
}

const zero = 0x30
const isAscii = /^[ -~]*$/

/** Costs a hundredth of the closer look, and hardly any text needs that: every text of every document comes past here. */
const mayHoldTwelve = /[0-9０-９](?:[\s\u2010-\u2015\u2212\ufe63－ーｰ-]?[0-9０-９]){11}/
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi
/** Among them the long vowel mark, which Japanese keyboards give where others give a hyphen. */
const hyphens = /[\u2010-\u2015\u2212ー]/g
const digitRun = /(?<![0-9A-Za-z])[0-9]+(?:[ -][0-9]+)*(?![0-9A-Za-z])/g

/** Some neighbouring groups are twelve digits together and pass the check. */
function hasTwelve(groups: readonly string[]): boolean {
  for (let start = 0; start < groups.length; start++) {
    let digits = ''
    for (let at = start; at < groups.length && digits.length < 12; at++) digits += groups[at]
    if (isMyNumber(digits)) return true
  }
  return false
}

function digitFromRight(text: string, place: number): number {
  return text.charCodeAt(text.length - 1 - place) - zero
}
