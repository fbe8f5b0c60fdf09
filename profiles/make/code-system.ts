import { canonicalBase, codeSystem as codeSystemUrl } from '../../src/document/canonical.ts'
import type { Text } from '../forms/form.ts'
import type { Term, TermList } from '../terms/term.ts'
import { bilingual, computerName, type Json } from './fhir.ts'

function conceptOf({ code, ja, en }: Text & { readonly code: string }, rest: Json = {}): Json {
  return { code, display: ja, designation: [{ language: 'en', value: en }], ...rest }
}

function leafOf(term: Term): Json {
  const { disclosure } = term
  return conceptOf(term, disclosure ? { property: [{ code: 'disclosure-class', valueCode: disclosure }] } : {})
}

function concepts({ terms, groups }: TermList): readonly Json[] {
  if (!groups) return terms.map(leafOf)
  return Object.entries(groups).map(([code, heading]) => {
    return conceptOf(
      { code, ...heading },
      {
        property: [{ code: 'notSelectable', valueBoolean: true }],
        concept: terms.filter(({ group }) => group === code).map(leafOf)
      }
    )
  })
}

function headOf(resourceType: 'CodeSystem' | 'ValueSet', name: string, { title, description }: TermList): Json {
  return {
    resourceType,
    id: name,
    language: 'ja',
    url: `${canonicalBase}/${resourceType}/${name}`,
    version: '1.0.0',
    name: computerName(name),
    ...bilingual('title', title),
    status: 'active',
    experimental: false,
    description
  }
}

const notSelectable = {
  code: 'notSelectable',
  uri: 'http://hl7.org/fhir/concept-properties#notSelectable',
  description: 'A heading, which cannot be chosen',
  type: 'boolean'
}

const disclosureClass = {
  code: 'disclosure-class',
  description: 'The disclosure class of the item',
  type: 'code'
}

/** @returns an R4 CodeSystem with Japanese displays and English designations */
export function codeSystem(name: string, list: TermList): Json {
  const { terms, groups } = list
  const property = [
    ...(groups ? [notSelectable] : []),
    ...(terms.some(({ disclosure }) => disclosure) ? [disclosureClass] : [])
  ]
  return {
    ...headOf('CodeSystem', name, list),
    caseSensitive: true,
    // The value set leaves headings out, so that it is not the whole system.
    ...(groups ? { hierarchyMeaning: 'grouped-by' } : { valueSet: `${canonicalBase}/ValueSet/${name}` }),
    content: 'complete',
    count: terms.length + Object.keys(groups ?? {}).length,
    ...(property.length > 0 ? { property } : {}),
    concept: concepts(list)
  }
}

/** @returns an R4 ValueSet of the codes that can be chosen, listed one by one so that no terminology server is needed */
export function valueSet(name: string, list: TermList): Json {
  return {
    ...headOf('ValueSet', name, list),
    compose: { include: [{ system: codeSystemUrl(name), concept: list.terms.map(term => conceptOf(term)) }] }
  }
}
