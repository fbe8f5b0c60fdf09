import { advices, myNumberAdvice, noMeasuresAdvice } from '../../src/forms/advice-phrases.ts'
import { extractFindings } from '../../src/forms/extract-issues.ts'
import { faults } from '../../src/forms/rules/faults.ts'
import { findings } from '../../src/forms/rules/findings.ts'
import { validationFindings } from '../../src/journeys/document/validation-findings.ts'
import { csvFindings } from '../../src/journeys/imports/csv-findings.ts'
import type { Bilingual } from '../../src/outcome/issue.ts'
import type { Rule } from '../../src/validate/findings.ts'
import { validationRules } from '../../src/validate/rules.ts'
import type { TermList } from './term.ts'

/** One sentence that the gateway can say of a resource; several may have one key. */
export interface RuleText {
  readonly rule: string
  readonly severity: string
  readonly text: Bilingual
  readonly fix: Bilingual
}

/** What stands for the labels and bounds that a form puts into its sentences. */
const generic: Readonly<Record<string, Bilingual>> = {
  item: { ja: '項目', en: 'The item' },
  other: { ja: '相手の項目', en: 'the other item' },
  limit: { ja: 'N', en: 'N' }
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

function plain({ ja, en }: Bilingual): Bilingual {
  const fill = (template: string, language: 'ja' | 'en') =>
    template.replace(/\{(item|other|limit)\}/gu, (_, name: string) => generic[name]![language])
  return { ja: fill(ja, 'ja'), en: capitalised(fill(en, 'en').replaceAll(/(?<!^)The item/gu, 'the item')) }
}

interface Sentence extends Bilingual {
  readonly rule: string
  readonly severity?: string
  readonly fix: Bilingual
}

const ofSentence = ({ rule, severity = 'warning', ja, en, fix }: Sentence): RuleText => ({
  rule,
  severity,
  text: plain({ ja, en }),
  fix: plain(fix)
})

const order = ['qr', 'que', 'r4', 'binding', 'profile', 'id', 'advise', 'extract', 'csv']
const place = ({ rule }: RuleText): number => order.indexOf(rule.slice(0, rule.indexOf('-')))

/** Everything that `$validate`, `$extract` and the import of CSV can say, ordered by family and key: made from the tables of the checks themselves. */
export const ruleTexts: readonly RuleText[] = [
  ...Object.values(findings).map(ofSentence),
  ...Object.values(faults).map(ofSentence),
  ...[...validationRules, ...Object.values<Rule>(validationFindings)].map(({ key, severity = 'error', text, fix }) => ({
    rule: key,
    severity,
    text,
    fix
  })),
  ...[...advices, myNumberAdvice, noMeasuresAdvice].map(ofSentence),
  ...Object.entries<Omit<Sentence, 'rule'>>(extractFindings).map(([rule, each]) => ofSentence({ rule, ...each })),
  ...Object.entries(csvFindings).map(([rule, each]) => ofSentence({ rule, severity: 'error', ...each }))
].sort((a, b) => place(a) - place(b) || a.rule.localeCompare(b.rule, 'en', { numeric: true }))

const byRule = Map.groupBy(ruleTexts, ({ rule }) => rule)

/** The code of every rule, with the first of its sentences. */
export const formRules: TermList = {
  title: { ja: '検証の規則', en: 'Rules of validation' },
  description: '様式・構造・プロファイル・識別子の検証と下書きへの助言で使う規則の符号。',
  terms: [...byRule].map(([code, [first]]) => ({ code, ...first!.text }))
}
