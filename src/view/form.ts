import type { Questionnaire, QuestionnaireItem, QuestionnaireItemEnableWhen } from '@medplum/fhirtypes'
import { extensionUrl } from '../document/canonical.ts'
import { type DisclosureClass, disclosureClasses } from '../document/disclosure-class.ts'

/** Required although the form alone does not say so: since another question was answered, or answered with this code. */
export interface RequiredWhen {
  readonly question: string
  /** undefined: answered at all */
  readonly code: string | undefined
}

/** A question or group of a view form, with what decides how it may look when it is withheld. */
export interface ViewItem {
  readonly linkId: string
  readonly text: string | undefined
  readonly type: QuestionnaireItem['type']
  /** the class of a question */
  readonly class: DisclosureClass | undefined
  readonly required: boolean
  readonly repeats: boolean
  readonly enableWhen: readonly QuestionnaireItemEnableWhen[]
  readonly enableBehavior: 'all' | 'any'
  readonly requiredWhen: readonly RequiredWhen[]
  /** empty for questions */
  readonly items: readonly ViewItem[]
}

/**
 * Reads the questions and groups of a view form in form order; displays hold no answers and are left out.
 * @throws TypeError for a question inside a question: units are leaves (contract §6.6), and ours are
 */
export function viewItems(items: Questionnaire['item']): readonly ViewItem[] {
  return (items ?? []).filter(({ type }) => type !== 'display').map(viewItem)
}

function viewItem(item: QuestionnaireItem): ViewItem {
  const items = viewItems(item.item)
  if (item.type !== 'group' && items.length > 0) throw new TypeError('a question of a view form holds another')
  const disclosure = extensionsOf(item, 'disclosure-class')[0]?.valueCoding
  return {
    linkId: item.linkId,
    text: item.text,
    type: item.type,
    class: disclosureClasses.find(code => code === disclosure?.code),
    required: item.required === true,
    repeats: item.repeats === true,
    enableWhen: item.enableWhen ?? [],
    enableBehavior: item.enableBehavior ?? 'all',
    requiredWhen: extensionsOf(item, 'required-when').map(({ extension = [] }) => {
      const part = (url: string) => extension.find(each => each.url === url)
      return { question: part('question')?.valueString ?? '', code: part('code')?.valueCode }
    }),
    items
  }
}

const extensionsOf = ({ extension = [] }: QuestionnaireItem, name: string) =>
  extension.filter(({ url }) => url === extensionUrl(name))
