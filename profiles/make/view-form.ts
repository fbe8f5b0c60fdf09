import type { Display, Form, FormVersion, Group, Item, Question, Text } from '../forms/form.ts'
import type { View } from '../forms/views.ts'
import { questionnaireUrl } from './fhir.ts'
import { itemsOf, type Printed } from './questionnaire.ts'

const suffix: Readonly<Record<View['view'], Text>> = {
  processed: { ja: '(加工済み)', en: ' (processed view)' },
  supervisor: { ja: '(所属長用)', en: ' (supervisor’s view)' }
}

const audience: Readonly<Record<View['view'], string>> = {
  processed: '人事労務担当者等に示す加工済みの様式。病名、症状、治療、自由記載を含まない。',
  supervisor: '所属長に示す様式。就業の可否、措置、配慮、期間、実施するプランの行のみを含む。'
}

const isWithin = (linkId: string, prefix: string) => linkId === prefix || linkId.startsWith(`${prefix}.`)

function keeps({ classes, also, except = [] }: View, { linkId, disclosure }: Question): boolean {
  if (except.some(prefix => isWithin(linkId, prefix))) return false
  return classes.includes(disclosure) || also.some(prefix => isWithin(linkId, prefix))
}

/** A heading of questions goes with the last of them; part titles and notes stay. */
function keepsDisplay({ linkId }: Display, before: readonly string[], after: ReadonlySet<string>): boolean {
  const headed = before.filter(each => each !== linkId && isWithin(each, linkId))
  return headed.length === 0 || headed.some(each => after.has(each))
}

/** Without the conditions that ask about what is no longer there. */
function pruned(question: Question, present: ReadonlySet<string>): Question {
  const { requiredWhen, notBefore, onlyWhen, ...rest } = question
  const left = requiredWhen?.filter(when => present.has(when.question)) ?? []
  return {
    ...rest,
    ...(left.length > 0 ? { requiredWhen: left } : {}),
    ...(notBefore && present.has(notBefore) ? { notBefore } : {}),
    ...(onlyWhen && present.has(onlyWhen.question) ? { onlyWhen } : {})
  }
}

function linkIdsOf(items: readonly Item[]): readonly string[] {
  return items.flatMap(item => (item.type === 'group' ? [item.linkId, ...linkIdsOf(item.item)] : [item.linkId]))
}

function keptGroup(view: View, group: Group): readonly Group[] {
  const item = group.item.filter(each => keeps(view, each))
  return item.length === 0 ? [] : [{ ...group, item }]
}

function keptItems(view: View, items: readonly Item[]): readonly Item[] {
  const kept = items.flatMap((item): readonly Item[] => {
    if (item.type === 'group') return keptGroup(view, item)
    return item.type === 'display' || keeps(view, item) ? [item] : []
  })
  const present = new Set(linkIdsOf(kept))
  const before = linkIdsOf(items)
  return kept
    .filter(item => item.type !== 'display' || keepsDisplay(item, before, present))
    .map(item => (item.type === 'display' || item.type === 'group' ? item : pruned(item, present)))
}

/** @returns the form without the units that `view` leaves out, linkIds and order kept; valid by itself */
export function viewForm(form: Form, view: View, version: FormVersion): Printed {
  const { ja, en } = suffix[view.view]
  return {
    name: `${form.kind}-${view.view}`,
    version,
    title: { ja: form.title.ja + ja, en: form.title.en + en },
    description: audience[view.view],
    derivedFrom: `${questionnaireUrl(form.kind)}|${version}`,
    items: keptItems(view, itemsOf(form, version)),
    extracts: form.extracts ?? []
  }
}
