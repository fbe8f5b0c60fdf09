import type {
  Bundle,
  BundleEntry,
  BundleEntryRequest,
  Extension,
  Provenance,
  Questionnaire,
  QuestionnaireItem,
  QuestionnaireResponse,
  QuestionnaireResponseItem,
  Reference,
  Resource
} from '@medplum/fhirtypes'
import type { Issue } from '../outcome/issue.ts'
import type { Engines } from './engines.ts'
import { extensionOf, extensions, extensionsOf } from './extensions.ts'
import { extractIssue } from './extract-issues.ts'
import { type Doubt, type Environment, PathCompiler, type Place } from './extract-path.ts'
import { compileElement, type Fill } from './extract-template.ts'

export interface ExtractOptions {
  /** a fresh UUID each time; the same ones make the same Bundle */
  readonly allocateId: () => string
  /** instant of the extraction, as FHIR writes it */
  readonly now: string
  /** who extracts */
  readonly by: Reference<never> & { readonly display: string }
}

export interface Extracted {
  /** a transaction; undefined where nothing was extracted */
  readonly bundle: Bundle | undefined
  /** what could not be filled in; no content is quoted */
  readonly issues: readonly Issue[]
}

/** The extraction rules of a form, compiled. */
export interface Extraction {
  /** @param response valid against the form */
  readonly extract: (response: QuestionnaireResponse, options: ExtractOptions) => Extracted
}

/**
 * Compiles the templates of a form (SDC 4.0.0, template-based extraction): `templateExtract` on the form or an item,
 * `templateExtractBundle` on the form, `extractAllocateId` on both. Every extraction ends with a Provenance whose source is
 * the response.
 * @throws TypeError naming a template that is not there, or an expression that is no FHIRPath
 * @see HL7 SDC 4.0.0, QuestionnaireResponse/$extract
 */
export function compileExtraction(questionnaire: Questionnaire, { fhirPath }: Pick<Engines, 'fhirPath'>): Extraction {
  const whole = compileHolder(questionnaire, questionnaire, new PathCompiler(fhirPath, 'QuestionnaireResponse'))
  const bundle = compileBundle(questionnaire, new PathCompiler(fhirPath, 'QuestionnaireResponse'))
  const byLinkId = new Map<string, Holder>()
  const read = (items: readonly QuestionnaireItem[] = []): void => {
    for (const item of items) {
      const paths = new PathCompiler(fhirPath, 'QuestionnaireResponse.item')
      byLinkId.set(item.linkId, compileHolder(item, questionnaire, paths))
      read(item.item)
    }
  }
  read(questionnaire.item)
  return {
    extract: (response, options) => {
      const issues = new Map<string, Issue>()
      const doubt: Doubt = (rule, at) => issues.set(`${rule} ${at}`, extractIssue(rule, at))
      const urn = () => `urn:uuid:${options.allocateId()}`
      const entry: BundleEntry[] = []
      const run = (holder: Holder, context: unknown, around: Environment): Environment => {
        const environment = { ...around, ...Object.fromEntries(holder.ids.map(name => [name, urn()])) }
        const place = { context, environment, doubt }
        for (const template of holder.templates) entry.push(...entriesOf(template, place, urn))
        return environment
      }
      const walk = (items: readonly QuestionnaireResponseItem[] = [], around: Environment): void => {
        for (const item of items) {
          const holder = byLinkId.get(item.linkId)
          const isEmpty = item.answer === undefined && item.item === undefined
          const environment = holder && !isEmpty ? run(holder, item, around) : around
          walk(item.item, environment)
          for (const answer of item.answer ?? []) walk(answer.item, environment)
        }
      }
      const root = run(whole, response, { resource: response, questionnaire })
      entry.push(...bundle({ context: response, environment: root, doubt }, urn))
      walk(response.item, root)
      if (entry.length === 0) return { bundle: undefined, issues: [...issues.values()] }
      entry.push(provenanceOf(response, entry, options, urn))
      return { bundle: { resourceType: 'Bundle', type: 'transaction', entry }, issues: [...issues.values()] }
    }
  }
}

/** The form or an item of it, with what is extracted there. */
interface Holder {
  /** names of the ids to allocate */
  readonly ids: readonly string[]
  readonly templates: readonly Template[]
}

interface Template {
  readonly type: string
  readonly fill: Fill
  /** what the entry says beyond its resource, by name of the part of the extension */
  readonly entry: ReadonlyMap<EntryPart, (place: Place) => readonly unknown[]>
}

const entryParts = ['fullUrl', 'resourceId', 'ifNoneMatch', 'ifModifiedSince', 'ifMatch', 'ifNoneExist'] as const
type EntryPart = (typeof entryParts)[number]

function compileHolder(holder: Questionnaire | QuestionnaireItem, form: Questionnaire, paths: PathCompiler): Holder {
  return {
    ids: extensionsOf(holder, extensions.extractAllocateId).flatMap(each => each.valueString ?? []),
    templates: extensionsOf(holder, extensions.templateExtract).map(each => compileTemplate(each, form, paths))
  }
}

function compileTemplate(extension: Extension, form: Questionnaire, paths: PathCompiler): Template {
  const resource = containedIn(form, extensionOf(extension, 'template')?.valueReference?.reference)
  const { id: _, ...template } = resource
  const at = resource.resourceType
  const parts = entryParts.flatMap(part => {
    const expression = extensionOf(extension, part)?.valueString
    return expression === undefined
      ? []
      : [[part, compiled(form, resource, () => paths.compile(expression, part))] as const]
  })
  return {
    type: at,
    fill: compiled(form, resource, () => compileElement(template as unknown as Record<string, unknown>, paths, at)),
    entry: new Map(parts)
  }
}

type MakeEntries = (place: Place, urn: () => string) => readonly BundleEntry[]

/** A Bundle of templates says its entries itself; one without a fullUrl gets one. */
function compileBundle(form: Questionnaire, paths: PathCompiler): MakeEntries {
  const extension = extensionOf(form, extensions.templateExtractBundle)
  if (!extension) return () => []
  const template = containedIn(form, extension.valueReference?.reference)
  if (template.resourceType !== 'Bundle') throw new TypeError(`${form.url} extracts a Bundle that is none`)
  const members = { entry: template.entry ?? [] }
  const fill = compiled(form, template, () => compileElement(members, paths, 'Bundle'))
  return (place, urn) => {
    const [made] = fill(place) as readonly Pick<Bundle, 'entry'>[]
    const seen = new Set<string>()
    return (made?.entry ?? [])
      .filter(each => each.resource)
      .map(each => {
        // repeated by a context, an entry brings the name of the template again
        const fullUrl = each.fullUrl === undefined || seen.has(each.fullUrl) ? urn() : each.fullUrl
        seen.add(fullUrl)
        return { ...each, fullUrl }
      })
  }
}

function containedIn(form: Questionnaire, reference: string | undefined): Resource {
  const found = form.contained?.find(({ id }) => `#${id}` === reference)
  if (!found) throw new TypeError(`${form.url} has no template ${reference}`)
  return found
}

function compiled<Result>(form: Questionnaire, { id }: Resource, compile: () => Result): Result {
  try {
    return compile()
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw new TypeError(`${form.url} has an expression in #${id} that is no FHIRPath`, { cause })
  }
}

function entriesOf(template: Template, place: Place, urn: () => string): readonly BundleEntry[] {
  const made = template.fill(place) as readonly Resource[]
  const text = (part: EntryPart): string | undefined => {
    const [value] = template.entry.get(part)?.(place) ?? []
    return value === undefined ? undefined : String(value)
  }
  // where a context repeats the whole resource, only the first can bear the one name
  return made.map((resource, nth) => {
    const id = nth === 0 ? text('resourceId') : undefined
    const request: BundleEntryRequest =
      id === undefined ? { method: 'POST', url: template.type } : { method: 'PUT', url: `${template.type}/${id}` }
    for (const part of ['ifNoneMatch', 'ifModifiedSince', 'ifMatch', 'ifNoneExist'] as const) {
      const value = text(part)
      if (value !== undefined) request[part] = value
    }
    const fullUrl = (nth === 0 ? text('fullUrl') : undefined) ?? urn()
    const { resourceType, ...members } = resource
    return { fullUrl, resource: { resourceType, ...(id === undefined ? {} : { id }), ...members } as Resource, request }
  })
}

function provenanceOf(
  response: QuestionnaireResponse,
  entries: readonly BundleEntry[],
  { now, by }: ExtractOptions,
  urn: () => string
): BundleEntry {
  const { id, identifier } = response
  const what: Reference<QuestionnaireResponse> = {
    ...(id !== undefined && { reference: `QuestionnaireResponse/${id}` }),
    type: 'QuestionnaireResponse',
    ...(identifier !== undefined && { identifier }),
    // all that a response without a name can be told by
    ...(!id && !identifier && { display: response.questionnaire ?? 'QuestionnaireResponse' })
  }
  const resource: Provenance = {
    resourceType: 'Provenance',
    target: entries.map(({ fullUrl }) => ({ reference: fullUrl! })),
    recorded: now,
    activity: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-DataOperation', code: 'CREATE' }] },
    agent: [
      {
        type: {
          coding: [{ system: 'http://terminology.hl7.org/CodeSystem/provenance-participant-type', code: 'assembler' }]
        },
        who: by
      }
    ],
    entity: [{ role: 'source', what }]
  }
  return { fullUrl: urn(), resource, request: { method: 'POST', url: 'Provenance' } }
}
