import type { QuestionnaireItem, QuestionnaireResponseItemAnswer } from '@medplum/fhirtypes'

const absent = {
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'masked' as const }]
}

/** Where the mask stands for each type of question; by the type alone, never by what was answered. */
const member: Readonly<Partial<Record<QuestionnaireItem['type'], string>>> = {
  boolean: '_valueBoolean',
  decimal: '_valueDecimal',
  integer: '_valueInteger',
  date: '_valueDate',
  dateTime: '_valueDateTime',
  time: '_valueTime',
  string: '_valueString',
  text: '_valueString',
  url: '_valueUri',
  choice: 'valueCoding',
  'open-choice': 'valueCoding',
  quantity: 'valueQuantity'
}

/**
 * The one answer that says that there is one (contract §6.5), however many there were.
 * @see https://hl7.org/fhir/R4/extension-data-absent-reason.html
 */
export function mask(type: QuestionnaireItem['type']): QuestionnaireResponseItemAnswer {
  const name = member[type]
  if (!name) throw new TypeError(`no mask for a question of type ${type}`)
  // The types of @medplum/fhirtypes leave out the `_` members of primitives.
  return { [name]: absent } as QuestionnaireResponseItemAnswer
}
