import type { Form } from '../forms/form.ts'
import type { Term, TermList } from '../terms/term.ts'
import { type Printed, questionnaireId } from './questionnaire.ts'

/** Every group and question of every form, once, so that a consent can single out one item. */
export function itemTerms(forms: readonly Form[]): TermList {
  const terms = forms.flatMap(({ items }) => {
    return items.flatMap((item): readonly Term[] => {
      if (item.type === 'display') return []
      const children = item.type === 'group' ? item.item : []
      return [item, ...children].map(({ linkId, text, disclosure }) => ({ code: linkId, ...text, disclosure }))
    })
  })
  return {
    title: { ja: '様式の項目', en: 'Items of the forms' },
    description: 'すべての様式の項目。コードは linkId。同意は一つの項目だけを名指しできる。',
    terms
  }
}

/** Every form and view form in each version, as `DocumentReference.content.format` names it. */
export function formatTerms(printed: readonly Printed[]): TermList {
  return {
    title: { ja: '文書の形式', en: 'Formats of documents' },
    description: '文書が従う様式とその版。コードは Questionnaire の id。',
    terms: printed.map(form => ({
      code: questionnaireId(form),
      ja: `${form.title.ja} ${form.version}`,
      en: `${form.title.en} ${form.version}`
    }))
  }
}
