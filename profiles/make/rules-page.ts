import type { RuleText } from '../terms/form-rules.ts'

const cell = (text: string): string => text.replaceAll('|', '\\|')

/**
 * A page of every rule: key, severity, both texts and both fixes.
 * @returns Markdown
 */
export function rulesPage(rules: readonly RuleText[]): string {
  const rows = rules.map(
    ({ rule, severity, text, fix }) =>
      `| \`${rule}\` | ${severity} | ${cell(text.ja)}<br>${cell(text.en)} | ${cell(fix.ja)}<br>${cell(fix.en)} |`
  )
  return [
    '# Rules of validation',
    '',
    'Everything that `$validate`, a deposit, `ryoritsu validate`, `$extract` and the import of CSV can say of what was sent, with the stable',
    'key of each rule (CodeSystem `form-rule`). Made by `node profiles/generate.ts` from the tables of the checks. test/rules sends one example',
    'of each key to `$validate`; the examples of `extract-…` and `csv-…` stand in the tests of those operations.',
    '',
    `${new Set(rules.map(({ rule }) => rule)).size} keys, ${rules.length} sentences. \`qr-NN\`: answers against their form; \`que-…\`: forms; \`r4-…\`, \`binding-…\`: FHIR R4;`,
    '`profile-…`: our document profile; `id-…`: identifiers; `advise-…`: what an author had better reconsider before signing;',
    '`extract-…`: what an extraction left out; `csv-…`: the file of an import.',
    '',
    '| Key | Severity | Text | Likely fix |',
    '| --- | --- | --- | --- |',
    ...rows,
    ''
  ].join('\n')
}
