import { readFileSync } from 'node:fs'
import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript'
import t from 'tap'
import { parse } from 'yaml'
import type { Route } from '../../../../src/faces/http/route.ts'
import { startGateway } from '../../../parties/gateway.ts'

const yaml = new URL('../../../../openapi/gateway.yaml', import.meta.url)
const types = new URL('../../../../openapi/gateway.d.ts', import.meta.url)
const description = parse(readFileSync(yaml, 'utf8')) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}
interface Operation {
  readonly operationId: string
  readonly security: readonly { readonly smart?: readonly string[]; readonly session?: readonly [] }[]
}

const accessIn = ([first]: Operation['security']): string =>
  first?.session ? 'session' : (first?.smart?.join(' ') ?? 'public')

t.test('the types are those of the description', async t => {
  const generated = COMMENT_HEADER + astToString(await openapiTS(yaml))
  t.equal(
    readFileSync(types, 'utf8'),
    generated,
    'else: npx openapi-typescript openapi/gateway.yaml -o openapi/gateway.d.ts'
  )
})

interface Schemas {
  readonly components: { readonly schemas: Readonly<Record<string, { readonly title?: string }>> }
}

const resolved = (document: object, reference: string): unknown =>
  reference
    .replace(/^#\//u, '')
    .split('/')
    .reduce<unknown>((value, name) => (value as Readonly<Record<string, unknown>> | undefined)?.[name], document)

t.test('what is described is there, and what is there is described', async t => {
  const running = await startGateway()
  t.teardown(() => running.stop())
  const { routes } = running.gateway

  const described = Object.entries(description.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => method !== 'parameters')
      .map(([method, { security }]) => `${method.toUpperCase()} ${path} ${accessIn(security)}`)
  )
  const isPlain = ({ path }: Route) => path !== '/fhir' && !path.startsWith('/fhir/')
  const routed = routes.filter(isPlain).map(({ method, path, access }) => {
    const template = path.replaceAll(/:(\w+)/gu, '{$1}')
    return `${method} ${template} ${typeof access === 'string' ? access : access.scope}`
  })
  t.same([...routed].sort(), described.sort(), 'each by method, path and scope')

  const served = await fetch(`${running.baseUrl}/openapi.json`)
  t.equal(served.headers.get('content-type'), 'application/json; charset=utf-8')
  const document = (await served.json()) as typeof description & Schemas
  t.same(JSON.parse(JSON.stringify(document.paths)), description.paths)
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/gu)].map(([, reference]) => reference!)
  t.ok(references.length > 100)
  t.same(
    references.filter(reference => resolved(document, reference) === undefined),
    [],
    'it stands by itself'
  )
  for (const form of running.gateway.parts.forms.all) {
    const [, id, version] = /\/([^/|]+)\|(.+)$/u.exec(form.canonical)!
    t.equal(document.components.schemas[`${id}-${version}`]?.title, form.title, `${id} ${version} is typed`)
  }

  const docs = await fetch(`${running.baseUrl}/docs`, { headers: { accept: 'text/html' } })
  t.equal(docs.headers.get('content-type'), 'text/html; charset=utf-8')
  const page = await docs.text()
  const ids = Object.values(description.paths).flatMap(item =>
    Object.values(item).flatMap(({ operationId }) => operationId ?? [])
  )
  t.same(
    ids.filter(id => !page.includes(`<dt id="${id}">`)),
    [],
    'the page lists every operation'
  )
  t.notMatch(page, /<script|<style|style=/u)
  t.match(page, '<h3 id="work-information-2026">')
  t.match(
    page,
    /<code>wi\.shift<\/code><\/dt>\n<dd>勤務形態 .*<code>two-shift<\/code> .*<code>\{"other":"…"\}<\/code>/u
  )

  for (const path of ['/api/v1/inbox', '/api/v1/deliveries']) {
    const { status } = await fetch(`${running.baseUrl}${path}`)
    t.equal(status, 404, `${path} comes later`)
  }
})
