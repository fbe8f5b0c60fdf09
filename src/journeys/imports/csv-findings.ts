import type { Bilingual, Issue } from '../../outcome/issue.ts'

interface Finding extends Bilingual {
  readonly fix: Bilingual
}

/** What can be wrong with a file of many workers beyond the answers in it. No text holds anything of the file. */
export const csvFindings = {
  'csv-encoding': {
    ja: 'UTF-8 の文字ではありません。',
    en: 'This is not UTF-8.',
    fix: {
      ja: 'Shift_JIS ではなく UTF-8 で保存してください。Excel では「CSV UTF-8(コンマ区切り)」を選びます。先頭の BOM はあってもかまいません。',
      en: 'Save it as UTF-8, not Shift_JIS: "CSV UTF-8 (Comma delimited)" in Excel. A BOM at the beginning is accepted.'
    }
  },
  'csv-quotes': {
    ja: '引用符(")の使い方が正しくありません。',
    en: 'Quotes (") do not match.',
    fix: {
      ja: '引用符で囲んだ値の中の引用符は二つ続けて書き、囲みを閉じてください。',
      en: 'Double a quote inside a quoted value, and close what was opened.'
    }
  },
  'csv-rows': {
    ja: '行数が 1 から 1,000 の間ではありません。',
    en: 'There are not between 1 and 1,000 rows.',
    fix: {
      ja: '1 行目の項目名に続けて 1 行から 1,000 行を送ってください。',
      en: 'Send 1 to 1,000 rows after the columns.'
    }
  },
  'csv-column-unknown': {
    ja: 'この列は様式の項目ではありません。',
    en: 'This column is no item of the form.',
    fix: {
      ja: '1 行目には case と様式の linkId(例: wi.shift)だけを書いてください。',
      en: 'Write only case and linkIds of the form (as wi.shift) into the first line.'
    }
  },
  'csv-column-double': {
    ja: '同じ列が二つあります。',
    en: 'This column is there twice.',
    fix: { ja: '各項目の列を一つにしてください。', en: 'Keep one column for each item.' }
  },
  'csv-column-missing': {
    ja: 'case の列がありません。',
    en: 'There is no column case.',
    fix: {
      ja: '1 行目に case の列を加え、各行にケースの番号を書いてください。',
      en: 'Add a column case with the number of the case in each row.'
    }
  },
  'csv-cells': {
    ja: '値の数が列の数と異なります。',
    en: 'There are more or fewer values than columns.',
    fix: {
      ja: 'コンマを含む値は引用符で囲み、列の数に合わせてください。',
      en: 'Put values with commas into quotes and give one for each column.'
    }
  },
  'csv-case-double': {
    ja: 'このファイルの前の行に同じケースがあります。',
    en: 'An earlier row of this file is of the same case.',
    fix: { ja: '一つのケースは一行にまとめてください。', en: 'Keep one row for each case.' }
  }
} as const satisfies Readonly<Record<string, Finding>>

export type CsvFindingKey = keyof typeof csvFindings

/** @param place a column, or `row 1, column 5` where the column has no name of ours */
export function csvIssue(key: CsvFindingKey, place: string): Issue {
  const { fix, ...text } = csvFindings[key]
  return { severity: 'error', code: 'structure', rule: key, expression: place, text, fix }
}
