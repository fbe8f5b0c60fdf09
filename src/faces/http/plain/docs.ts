import { at, type PublicRoute } from '../route.ts'
import type { Contract, ContractOperation } from './contract.ts'

/** The description of this face, for machines and for people. */
export function docsRoutes(contract: Contract): readonly PublicRoute[] {
  const page = pageOf(contract)
  return [
    {
      ...at('GET /openapi.json'),
      dialect: 'plain',
      handle: () => ({ status: 200, body: contract.document })
    },
    {
      ...at('GET /docs'),
      dialect: 'plain',
      produces: ['text/html'],
      handle: () => ({
        status: 200,
        type: 'text/html; charset=utf-8',
        headers: { 'content-security-policy': "default-src 'none'; frame-ancestors 'none'" },
        body: page
      })
    }
  ]
}

/** A page without script or style: what can be called, in the order of the description. */
function pageOf({ document, operations }: Contract): string {
  const { title, summary, description } = document.info
  const sections = document.tags.map(tag => {
    const list = [...operations.values()].filter(operation => operation.tag === tag.name).map(itemOf)
    return `<h2>${escaped(tag.name)}</h2>\n${tag.description ? `${paragraph(tag.description)}\n` : ''}<dl>\n${list.join('\n')}\n</dl>`
  })
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<h1>${escaped(title)}</h1>
<p>${escaped(summary)}. Shapes of bodies: <a href="/openapi.json">openapi.json</a>.</p>
${paragraph(description)}
${sections.join('\n')}
<h2>answers</h2>
${formsOf(document)}
</html>
`
}

interface AnswerSchema {
  readonly title?: string
  readonly description?: string
  readonly type?: string
  readonly properties?: Readonly<Record<string, AnswerSchema>>
  readonly items?: AnswerSchema
  readonly anyOf?: readonly AnswerSchema[]
  readonly oneOf?: readonly (AnswerSchema & { readonly const?: unknown })[]
  readonly required?: readonly string[]
}

/** The answers of each form as its author writes them; what recipients read differs in nothing but what is withheld. */
function formsOf({ components }: Contract['document']): string {
  return Object.entries(components.schemas)
    .filter(
      ([name, schema]) =>
        '$schema' in schema && 'properties' in schema && !/-(?:released|processed|supervisor)-/u.test(name)
    )
    .map(([name, schema]) => {
      const { title = '', description = '' } = schema as AnswerSchema
      return `<h3 id="${escaped(name)}"><code>${escaped(name)}</code> ${escaped(title)}</h3>\n${paragraph(description)}${answersOf(schema as AnswerSchema)}`
    })
    .join('\n')
}

function answersOf({ properties = {}, required = [] }: AnswerSchema): string {
  const rows = Object.entries(properties).map(([name, schema]) => {
    const { title = '', description = '', items } = schema
    const one = items ?? schema
    const needed = required.includes(name) ? ', required' : ''
    const text = `${escaped(title)} (${escaped(description)}). ${items ? 'Array of ' : ''}${typeOf(one)}${needed}`
    return `<dt><code>${escaped(name)}</code></dt>\n<dd>${text}${one.properties ? answersOf(one) : ''}</dd>`
  })
  return `<dl>\n${rows.join('\n')}\n</dl>`
}

/** What may be written: a type, or the codes with their words. */
function typeOf({ type, anyOf, oneOf, properties }: AnswerSchema): string {
  if (anyOf) return anyOf.map(typeOf).join(', or ')
  if (oneOf) {
    return oneOf
      .map(option => `<code>${escaped(String(option.const))}</code> ${escaped(option.title ?? '')}`)
      .join(', ')
  }
  return properties && 'other' in properties ? '<code>{"other":"…"}</code>' : escaped(type ?? '')
}

function itemOf({ id, method, template, summary, description, scope }: ContractOperation): string {
  const details = [summary, description, scope === undefined ? 'No token.' : `Scope ${scope}`]
  const text = details.filter(each => each !== undefined).map(paragraph)
  return `<dt id="${escaped(id)}"><code>${method} ${escaped(template)}</code></dt>\n<dd>${text.join('')}</dd>`
}

/** Blank lines part paragraphs, backticks mark code; no more of CommonMark is used. */
const paragraph = (text: string): string =>
  text
    .trim()
    .split('\n\n')
    .map(part => `<p>${escaped(part).replaceAll(/`([^`]+)`/gu, '<code>$1</code>')}</p>`)
    .join('')

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
