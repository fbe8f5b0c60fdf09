import type { Bilingual, Issue } from '../outcome/issue.ts'

const texts = {
  'extract-failed': {
    ja: '式を評価できないため、その要素を除きました。',
    en: 'An expression could not be evaluated, so its element was left out.'
  },
  'extract-limit': {
    ja: '繰り返しが多すぎるため、はじめの 200 件だけを取り出しました。',
    en: 'There are too many repetitions; only the first 200 were extracted.'
  },
  'extract-many': {
    ja: '一つしか書けない要素に複数の値があるため、最初の値だけを使いました。',
    en: 'There are several values for an element that takes one; only the first was used.'
  },
  'extract-type': {
    ja: '値の型が要素に合わないため、その値を除きました。',
    en: 'A value is not of a type that the element takes and was left out.'
  }
} as const satisfies Readonly<Record<string, Bilingual>>

/** What an extraction could not do as its template says; never an error, since the rest stands. */
export function extractIssue(rule: keyof typeof texts, expression: string): Issue {
  return { severity: 'warning', code: 'processing', rule, expression, text: texts[rule] }
}
