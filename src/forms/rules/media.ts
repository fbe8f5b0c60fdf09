import type { QuestionnaireItem } from '@medplum/fhirtypes'
import { extensionOf, extensions, extensionsOf } from '../extensions.ts'
import type { Item } from '../form.ts'
import { isUri } from './lexical.ts'
import { answerExpression, isObject, type Source } from './node.ts'
import { add } from './report.ts'
import { resourceTypes } from './resource-types.ts'
import type { AnswerRule } from './rules.ts'

/** Bytes that base64 text stands for; without decoding it. */
function decodedSize(text: string): number {
  const characters = text.replace(/\s+/g, '')
  const padding = characters.endsWith('==') ? 2 : characters.endsWith('=') ? 1 : 0
  return Math.max(0, Math.floor((characters.length * 3) / 4) - padding)
}

/** Rule 49: type, largest size (in bytes, as HL7's validators read maxSize), and a stated size that is the true one. */
export function attachmentRule(item: Item, source: QuestionnaireItem): AnswerRule {
  const allowed = extensionsOf(source, extensions.mimeType).flatMap(each => each.valueCode ?? [])
  const limit = allowed.join(', ')
  const largest = extensionOf(source, extensions.maxSize)?.valueDecimal ?? Number.POSITIVE_INFINITY
  return (run, answer) => {
    const value = answer.value as Source
    const place = `${answerExpression(answer, run.root)}.value`
    if (allowed.length > 0) {
      const type = value.contentType
      if (typeof type !== 'string') add(run.report, 'media-type-missing', place, item, { limit })
      else if (!allowed.some(each => type.startsWith(each))) {
        add(run.report, 'media-type-not-allowed', `${place}.contentType`, item, { limit })
      }
    }
    const actual = typeof value.data === 'string' ? decodedSize(value.data) : undefined
    const stated = typeof value.size === 'number' ? value.size : undefined
    if (actual !== undefined && stated !== undefined && actual !== stated) {
      add(run.report, 'attachment-size-differs', `${place}.size`, item)
    }
    if ((actual ?? stated ?? 0) > largest) add(run.report, 'attachment-too-large', place, item, { limit: largest })
  }
}

const relativeForm = /^([A-Z][A-Za-z]*)\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/
const absoluteForm = /^https?:\/\/\S+$/
const absoluteTail = /\/([A-Z][A-Za-z]*)\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/

/** The type of resource that a reference names; undefined where its text does not tell (`urn:uuid:`, `#id`). */
function typeOf(value: Source): string | undefined {
  if (typeof value.type === 'string') return value.type
  const reference = typeof value.reference === 'string' ? value.reference : ''
  return relativeForm.exec(reference)?.[1] ?? absoluteTail.exec(reference)?.[1]
}

function isReference(text: string): boolean {
  if (text.startsWith('#')) return /^#[A-Za-z0-9\-.]{1,64}$/.test(text)
  if (text.startsWith('urn:')) return isUri(text)
  return relativeForm.test(text) || absoluteForm.test(text)
}

/**
 * Rule 50: well-formed, to a type of resource that exists, and that the form allows.
 */
export function referenceRule(item: Item, source: QuestionnaireItem): AnswerRule {
  const allowed = extensionsOf(source, extensions.referenceResource).flatMap(each => each.valueCode ?? [])
  const limit = allowed.join(', ')
  return (run, answer) => {
    if (!isObject(answer.value)) return
    const place = `${answerExpression(answer, run.root)}.value`
    const { reference } = answer.value
    const type = typeOf(answer.value)
    const isWritten = reference === undefined || (typeof reference === 'string' && isReference(reference))
    if (!isWritten || (type !== undefined && !resourceTypes.has(type))) {
      add(run.report, 'reference-malformed', `${place}.reference`, item)
      return
    }
    if (type !== undefined && allowed.length > 0 && !allowed.includes(type)) {
      add(run.report, 'reference-type', place, item, { limit })
    }
  }
}
