import type { Element, Extension, QuestionnaireItem } from '@medplum/fhirtypes'
import { extensionUrl } from '../document/canonical.ts'
import type { RequiredWhen } from './form.ts'

const core = 'http://hl7.org/fhir/StructureDefinition'
const sdc = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire'

/** Extensions of a Questionnaire that we act on (standards §2.1). */
export const extensions = {
  translation: `${core}/translation`,
  dataAbsentReason: `${core}/data-absent-reason`,
  minValue: `${core}/minValue`,
  maxValue: `${core}/maxValue`,
  maxDecimalPlaces: `${core}/maxDecimalPlaces`,
  minLength: `${core}/minLength`,
  regex: `${core}/regex`,
  entryFormat: `${core}/entryFormat`,
  mimeType: `${core}/mimeType`,
  maxSize: `${core}/maxSize`,
  minOccurs: `${core}/questionnaire-minOccurs`,
  maxOccurs: `${core}/questionnaire-maxOccurs`,
  constraint: `${core}/questionnaire-constraint`,
  optionExclusive: `${core}/questionnaire-optionExclusive`,
  referenceResource: `${core}/questionnaire-referenceResource`,
  unit: `${core}/questionnaire-unit`,
  unitOption: `${core}/questionnaire-unitOption`,
  unitValueSet: `${core}/questionnaire-unitValueSet`,
  unitOpen: `${sdc}-unitOpen`,
  minQuantity: `${sdc}-minQuantity`,
  maxQuantity: `${sdc}-maxQuantity`,
  variable: `${core}/variable`,
  cqfExpression: `${core}/cqf-expression`,
  enableWhenExpression: `${sdc}-enableWhenExpression`,
  calculatedExpression: `${sdc}-calculatedExpression`,
  answerExpression: `${sdc}-answerExpression`,
  templateExtract: `${sdc}-templateExtract`,
  templateExtractBundle: `${sdc}-templateExtractBundle`,
  templateExtractContext: `${sdc}-templateExtractContext`,
  templateExtractValue: `${sdc}-templateExtractValue`,
  extractAllocateId: `${sdc}-extractAllocateId`,
  disclosureClass: extensionUrl('disclosure-class'),
  requiredWhen: extensionUrl('required-when'),
  notBefore: extensionUrl('not-before')
} as const

/**
 * Extensions that change what a valid response is and that we do not judge. A form that uses one does not compile: to
 * judge without it would call invalid responses valid.
 */
export const notJudged: ReadonlySet<string> = new Set([
  `${sdc}-answerOptionsToggleExpression`,
  `${sdc}-subQuestionnaire`
])

type Extended = Pick<Element, 'extension'> | undefined

/** All extensions of that url, in their order. */
export function extensionsOf(element: Extended, url: string): readonly Extension[] {
  return element?.extension?.filter(each => each.url === url) ?? []
}

/** The first extension of that url. */
export function extensionOf(element: Extended, url: string): Extension | undefined {
  return element?.extension?.find(each => each.url === url)
}

/** The `value[x]` of an extension or of an option, whichever it is; undefined where it has none. */
export function valueIn(
  holder: object | undefined
): { readonly key: `value${string}`; readonly value: unknown } | undefined {
  for (const [key, value] of Object.entries(holder ?? {})) {
    if (key.startsWith('value')) return { key: key as `value${string}`, value }
  }
  return undefined
}

/** The `_name` member that stands beside a primitive `name` and holds its extensions. */
export function shadowOf(holder: object, name: string): Extended {
  return (holder as Readonly<Record<string, Extended>>)[`_${name}`]
}

/** Our extension `required-when`, once for each reason. */
export function requiredWhenOf(source: QuestionnaireItem): readonly RequiredWhen[] {
  return extensionsOf(source, extensions.requiredWhen).map(each => {
    const code = extensionOf(each, 'code')?.valueCode
    const exists = extensionOf(each, 'exists')?.valueBoolean
    return {
      question: extensionOf(each, 'question')?.valueString ?? '',
      ...(code === undefined ? {} : { code }),
      ...(exists === undefined ? {} : { exists })
    }
  })
}

/** Text in that language from the translations of a primitive's `_` member (R4 extension `translation`). */
export function translationOf(element: Extended, language: string): string | undefined {
  for (const translation of extensionsOf(element, extensions.translation)) {
    if (extensionOf(translation, 'lang')?.valueCode !== language) continue
    const content = extensionOf(translation, 'content')
    return content?.valueString ?? content?.valueMarkdown
  }
  return undefined
}
