import type { Rule } from '../../validate/findings.ts'

/** Bytes of a Questionnaire that a caller brings along, as JSON without white space; how many items, says the engine. */
export const maxFormBytes = 256 * 1024

/** What `$validate` itself finds, beyond what the stations find in a resource. */
export const validationFindings = {
  notChecked: {
    key: 'r4-not-checked',
    code: 'not-supported',
    severity: 'warning',
    text: {
      ja: 'この種類の資源の定義を持たないため、正しい JSON であることだけを調べました。',
      en: 'There is no definition of this resource type here: only that it is well-formed JSON was checked.'
    },
    fix: { ja: '構造は他の検証器で調べてください。', en: 'Check the structure by another validator.' }
  },
  ambiguousNumber: {
    key: 'profile-number',
    code: 'value',
    text: {
      ja: '数の書き方が一通りに決まりません(RFC 8785)。',
      en: 'A number is not written as RFC 8785 writes it.'
    },
    fix: { ja: '1.0 は 1、1e3 は 1000 と書いてください。', en: 'Write 1.0 as 1 and 1e3 as 1000.' }
  },
  formBytes: {
    key: 'que-size',
    code: 'too-costly',
    text: { ja: '様式が 256 KiB を超えています。', en: 'The form is larger than 256 KiB.' },
    fix: { ja: '様式を分けてください。', en: 'Split the form.' }
  },
  formTime: {
    key: 'que-time',
    code: 'too-costly',
    text: {
      ja: 'この様式での判定は、許された時間のうちに終わりませんでした。式か条件が多すぎるか、終わらない式があります。',
      en: 'Judging by this form did not end in the time allowed: it has too many expressions or conditions, or one that never ends.'
    },
    fix: {
      ja: '式の繰り返し(repeat、入れ子の where など)を減らしてください。',
      en: 'Repeat less in its expressions (repeat, nested where).'
    }
  },
  formMemory: {
    key: 'que-time',
    code: 'too-costly',
    text: {
      ja: 'この様式での判定には、許された量を超えるメモリが必要です。',
      en: 'Judging by this form takes more memory than is allowed.'
    },
    fix: { ja: '式が作る値を少なくしてください。', en: 'Let its expressions make fewer values.' }
  }
} as const satisfies Readonly<Record<string, Rule>>
