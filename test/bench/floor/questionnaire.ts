import type { Questionnaire, QuestionnaireItem, QuestionnaireResponseItem } from '@medplum/fhirtypes'

interface Node {
  readonly member: string
  readonly isGroup: boolean
  readonly isRequired: boolean
  readonly repeats: boolean
  /** `system|code`; undefined where any answer is taken */
  readonly options: ReadonlySet<string> | undefined
  readonly children: Nodes
}
type Nodes = ReadonlyMap<string, Node>

const members: Readonly<Record<string, string>> = {
  boolean: 'valueBoolean',
  integer: 'valueInteger',
  decimal: 'valueDecimal',
  date: 'valueDate',
  time: 'valueTime',
  string: 'valueString',
  text: 'valueString',
  choice: 'valueCoding',
  'open-choice': 'valueCoding'
}

/**
 * A response against its form, as little as can be called a check: known linkIds in place, required ones there, how
 * many answers, of which type, from which options.
 * @returns false for the first thing that is wrong
 */
export function responseCheck(form: Questionnaire): (items: readonly QuestionnaireResponseItem[]) => boolean {
  const root = nodesOf(form.item)
  return items => walk(root, items)
}

function nodesOf(items: readonly QuestionnaireItem[] = []): Nodes {
  return new Map(items.filter(item => item.type !== 'display').map(item => [item.linkId!, nodeOf(item)]))
}

function nodeOf({ type, required, repeats, answerOption, item }: QuestionnaireItem): Node {
  const options = answerOption?.map(({ valueCoding }) => `${valueCoding?.system}|${valueCoding?.code}`)
  return {
    member: members[type!] ?? 'none',
    isGroup: type === 'group',
    isRequired: required === true,
    repeats: repeats === true,
    options: options && new Set(options),
    children: nodesOf(item)
  }
}

function walk(nodes: Nodes, items: readonly QuestionnaireResponseItem[] = []): boolean {
  const seen = new Set<string>()
  for (const { linkId, answer = [], item } of items) {
    const node = nodes.get(linkId!)
    if (!node || (seen.has(linkId!) && !node.repeats)) return false
    seen.add(linkId!)
    if (node.isGroup && !walk(node.children, item)) return false
    if (answer.length > 1 && !node.repeats) return false
    for (const each of answer) {
      const value = (each as Record<string, unknown>)[node.member] as { system: string; code: string } | undefined
      if (value === undefined && !(node.options && each.valueString !== undefined)) return false
      if (node.options && value && !node.options.has(`${value.system}|${value.code}`)) return false
      if (each.item && !walk(node.children, each.item)) return false
    }
  }
  for (const [linkId, { isRequired }] of nodes) if (isRequired && !seen.has(linkId)) return false
  return true
}
