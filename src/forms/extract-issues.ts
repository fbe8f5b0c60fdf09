import type { Bilingual, Issue } from '../outcome/issue.ts'

interface Finding extends Bilingual {
  readonly severity: 'warning' | 'information'
  readonly fix: Bilingual
}

const template: Bilingual = {
  ja: '様式の抽出の雛形を確かめてください。',
  en: 'Check the extraction template of the form.'
}

/** What an extraction could not do as its template says; never an error, since the rest stands. */
export const extractFindings = {
  'extract-failed': {
    severity: 'warning',
    ja: '式を評価できないため、その要素を除きました。',
    en: 'An expression could not be evaluated, so its element was left out.',
    fix: template
  },
  'extract-limit': {
    severity: 'warning',
    ja: '繰り返しが多すぎるため、はじめの 200 件だけを取り出しました。',
    en: 'There are too many repetitions; only the first 200 were extracted.',
    fix: { ja: '回答を分けて抽出してください。', en: 'Extract in parts.' }
  },
  'extract-many': {
    severity: 'warning',
    ja: '一つしか書けない要素に複数の値があるため、最初の値だけを使いました。',
    en: 'There are several values for an element that takes one; only the first was used.',
    fix: template
  },
  'extract-type': {
    severity: 'warning',
    ja: '値の型が要素に合わないため、その値を除きました。',
    en: 'A value is not of a type that the element takes and was left out.',
    fix: template
  },
  'extract-nothing': {
    severity: 'information',
    ja: 'この回答から取り出すデータはありません。',
    en: 'There is nothing to extract from this response.',
    fix: {
      ja: '抽出の雛形をもつ様式の回答を送ってください。',
      en: 'Send a response to a form that has extraction templates.'
    }
  }
} as const satisfies Readonly<Record<string, Finding>>

export function extractIssue(rule: keyof typeof extractFindings, expression: string): Issue {
  const { severity, fix, ...text } = extractFindings[rule]
  const code = severity === 'information' ? 'informational' : 'processing'
  return { severity, code, rule, expression, text, fix }
}
