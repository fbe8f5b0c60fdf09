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
    'Everything that `$validate`, a deposit and `ryoritsu validate` can say of a resource, with the stable key of each rule (CodeSystem',
    '`form-rule`). Made by `node profiles/generate.ts` from the tables of the checks; test/rules sends one example of each key.',
    '',
    `${new Set(rules.map(({ rule }) => rule)).size} keys, ${rules.length} sentences. \`qr-NN\`: answers against their form; \`que-…\`: forms; \`r4-…\`, \`binding-…\`: FHIR R4;`,
    '`profile-…`: our document profile; `id-…`: identifiers; `advise-…`: what an author had better reconsider before signing.',
    '',
    '| Key | Severity | Text | Likely fix |',
    '| --- | --- | --- | --- |',
    ...rows,
    ''
  ].join('\n')
}
