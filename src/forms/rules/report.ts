import type { Bilingual } from '../../outcome/issue.ts'
import type { FormIssue, Item } from '../form.ts'
import { type FindingKey, findings } from './findings.ts'

/** What the texts of a finding speak of besides its item. */
export interface Mention {
  readonly other?: Item
  readonly limit?: string | number
}

/** Collects the findings of one check. */
export interface Report {
  readonly issues: FormIssue[]
  /** so many issues that nothing more is collected, at least one error among them */
  isFull: boolean
}

/** A response of 1 MiB can break rules a hundred thousand times; nobody reads more than this. */
const mostIssues = 1000
const longestLabel = 60
const longestLimit = 200

/** A form may be a stranger's, and a text of it stands in each of a thousand issues. */
function short(text: string, longest = longestLabel): string {
  if (text.length <= longest) return text
  const characters = Array.from(text.slice(0, 2 * longest))
  return characters.length <= longest ? text : `${characters.slice(0, longest - 1).join('')}…`
}

function label(item: Item): Bilingual {
  if (item.linkId === '') return { ja: '様式', en: 'The form' }
  const linkId = short(item.linkId)
  const ja = item.text ?? ''
  const en = item.english ?? ja
  return {
    ja: ja === '' ? `「${linkId}」` : `「${short(ja)}」(${linkId})`,
    en: en === '' ? `"${linkId}"` : `"${short(en)}" (${linkId})`
  }
}

function fill(template: string, words: Readonly<Record<string, string>>): string {
  return template.replace(/\{(item|other|limit)\}/g, (_, name: string) => words[name] ?? '')
}

/** The same sentence in both languages, each with the labels of that language. */
export function say(template: Bilingual, item: Item | undefined, mention: Mention = {}): Bilingual {
  const itemLabel = item && label(item)
  const otherLabel = mention.other && label(mention.other)
  const limit = short(String(mention.limit ?? ''), longestLimit)
  return {
    ja: fill(template.ja, { item: itemLabel?.ja ?? '', other: otherLabel?.ja ?? '', limit }),
    en: fill(template.en, { item: itemLabel?.en ?? '', other: otherLabel?.en ?? '', limit })
  }
}

export const newReport = (): Report => ({ issues: [], isFull: false })

/**
 * Adds a finding. Texts are only put together here, so that a response without faults costs none.
 * Beyond 1,000 the report is full as soon as it holds an error: the verdict stands, the rest is left out.
 */
export function add(
  report: Report,
  key: FindingKey,
  expression: string,
  item: Item | undefined,
  mention?: Mention
): void {
  const finding = findings[key]
  if (report.issues.length >= mostIssues) {
    if (finding.severity !== 'error') return
    const known = report.issues.some(issue => issue.severity === 'error')
    report.isFull = true
    if (known) return
  }
  report.issues.push({
    severity: finding.severity,
    code: finding.code,
    rule: finding.rule,
    expression,
    text: say(finding, item, mention),
    fix: say(finding.fix, item, mention),
    ...(item && item.linkId !== '' ? { linkId: item.linkId } : {})
  })
}
