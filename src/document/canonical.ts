/**
 * The canonical base of everything this project defines (contract §1). It names, it does not locate:
 * extensions, code systems and forms hang on it wherever a gateway happens to run.
 */
export const canonicalBase = 'https://ryoritsu.example/fhir'

export const codeSystem = <Name extends string>(name: Name) => `${canonicalBase}/CodeSystem/${name}` as const
export const idSystem = <Name extends string>(name: Name) => `${canonicalBase}/IdSystem/${name}` as const
export const extensionUrl = <Name extends string>(name: Name) => `${canonicalBase}/StructureDefinition/${name}` as const

export const caseSystem = idSystem('case')
export const caseSubjectSystem = idSystem('case-subject')
export const documentIdSystem = idSystem('document')
/** identifiers that hospitals give their document Bundles (JP-CLINS eReferral) */
export const bundleIdentifierSystem = 'http://jpfhir.jp/fhir/clins/bundle-identifier'
/** 法人番号 as ISO 6523 ICD 0188 */
export const corporateNumberSystem = 'urn:oid:1.3.188'
/** 保険医療機関番号 (JP Core) */
export const medicalInstitutionSystem = 'http://jpfhir.jp/fhir/core/IdSystem/insurance-medical-institution-no'
