import type { Questionnaire, QuestionnaireItem, QuestionnaireResponse } from '@medplum/fhirtypes'
import { compileForm } from '../../src/forms/compile.ts'
import { FormFault } from '../../src/forms/rules/form-fault.ts'
import { Refusal } from '../../src/outcome/refusal.ts'
import { receive } from '../../src/receive/receive.ts'
import { wellForm } from '../../src/validate/well-form.ts'
import { changed, type Loose, opinion, parts } from './example.ts'

/** What somebody sends who wants to keep the gateway busy, and the cause for which it is refused. */
export interface Hostile {
  readonly name: string
  /** keys of the refusal and of the first issue; `rule: none` of a form that judges the answer */
  readonly cause: string
  /** takes it in as the gateway does. @returns the cause */
  readonly act: () => string
}

const limits = { maxDocumentBytes: 1_048_576, maxDepth: 64 }
const regex = 'http://hl7.org/fhir/StructureDefinition/regex'

function causeOf(text: string): () => string {
  const bytes = Buffer.from(text)
  const identified = { request: 'request-1', at: 0, caller: { side: 'hospital' } } as unknown as Parameters<
    typeof receive
  >[0]
  return () => {
    try {
      wellForm(receive(identified, bytes, limits), parts)
      return 'accepted'
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const [first] = error.issues
      return first ? `${error.key}: ${first.rule}` : error.key
    }
  }
}

function causeOfForm(questionnaire: Partial<Questionnaire>, answer = ''): () => string {
  const form = { resourceType: 'Questionnaire', status: 'active', url: 'urn:form', ...questionnaire } as Questionnaire
  const response: QuestionnaireResponse = {
    resourceType: 'QuestionnaireResponse',
    questionnaire: 'urn:form',
    status: 'completed',
    item: [{ linkId: 'a', answer: [{ valueString: answer }] }]
  }
  return () => {
    try {
      const [issue] = compileForm(form).check(response, { root: 'QuestionnaireResponse' })
      return issue?.rule ?? 'accepted'
    } catch (error) {
      if (error instanceof FormFault) return error.issues[0]!.rule
      throw error
    }
  }
}

const documentText = (change: (bundle: Loose) => void): string => JSON.stringify(changed(opinion, change))

const itemText = JSON.stringify({ linkId: 'opinion', answer: [{ valueString: 'a' }] })
/** As many items as fit into the largest document. */
const manyItems = documentText(bundle => {
  const { resource } = bundle.entry[1]
  const room = limits.maxDocumentBytes - 16_384
  resource.item = Array.from({ length: Math.floor(room / (itemText.length + 1)) }, () => JSON.parse(itemText))
})

const withExtensions = (count: number, extension: unknown): string =>
  documentText(bundle => {
    bundle.entry[2].resource.extension = Array.from({ length: count }, () => extension)
  })

function nested(depth: number): QuestionnaireItem[] {
  let item: QuestionnaireItem[] = [{ linkId: 'a', type: 'string' }]
  for (let level = 1; level < depth; level++) item = [{ linkId: `${level}`, type: 'group', item }]
  return item
}

const matching = (pattern: string): Partial<Questionnaire> => ({
  item: [{ linkId: 'a', type: 'string', extension: [{ url: regex, valueString: pattern }] }]
})

export const hostile: readonly Hostile[] = [
  { name: 'lists in lists, 500,000 deep', cause: 'too-deep', act: causeOf('['.repeat(500_000)) },
  {
    name: 'items in items, 10,000 deep, within a document',
    cause: 'too-deep',
    act: causeOf(`{"resourceType":"Bundle","entry":[${'{"item":['.repeat(10_000)}${']}'.repeat(10_000)}]}`)
  },
  { name: 'a document of more than 1 MiB', cause: 'too-large', act: causeOf(' '.repeat(limits.maxDocumentBytes + 1)) },
  { name: 'a document with 1 MiB of items', cause: 'form-invalid: qr-10', act: causeOf(manyItems) },
  {
    name: '100,000 extensions',
    cause: 'too-large',
    act: causeOf(withExtensions(100_000, { url: 'urn:x', valueCode: 'a' }))
  },
  {
    name: '80,000 extensions without a value, which fit',
    cause: 'profile-invalid: r4-ext-1',
    act: causeOf(withExtensions(80_000, { url: 'a' }))
  },
  {
    name: 'a form of 2,001 items',
    cause: 'que-size',
    act: causeOfForm({ item: Array.from({ length: 2001 }, (_, at) => ({ linkId: `${at}`, type: 'string' })) })
  },
  { name: 'a form of groups in groups, 5,000 deep', cause: 'que-depth', act: causeOfForm({ item: nested(5000) }) },
  {
    name: 'a pattern that looks ahead',
    cause: 'que-regex',
    act: causeOfForm(matching('(?=(a+))\\1b'), 'a'.repeat(50_000))
  },
  {
    name: 'a pattern of 1,001 characters',
    cause: 'que-length',
    act: causeOfForm(matching('a'.repeat(1001)), 'a')
  },
  {
    name: 'the pattern ^(a+)+$ over 50,000 characters',
    cause: 'qr-48',
    act: causeOfForm(matching('^(a+)+$'), `${'a'.repeat(50_000)}!`)
  }
]
