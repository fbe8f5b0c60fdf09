import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import t from 'tap'

/**
 * Who may import whom (style: four steps, always: face → journey → station → port). A station never imports another: what
 * they share is a type in `document` or a value that the journey passes.
 */
const pure = ['standards', 'document', 'outcome']
const stations = [
  'authenticate',
  'receive',
  'validate',
  'signature',
  'consent',
  'view',
  'record',
  'deliver',
  'audit',
  'forms'
]
const mayImport: Readonly<Record<string, readonly string[]>> = {
  standards: [],
  document: ['standards'],
  outcome: ['standards', 'document'],
  ...Object.fromEntries(stations.map(station => [station, pure])),
  journeys: [...pure, ...stations],
  faces: [...pure, 'journeys', 'forms'],
  config: ['outcome'],
  adapters: pure,
  gateway: [...pure, ...stations, 'journeys', 'faces', 'adapters', 'config'],
  'gateway.ts': [...pure, ...stations, 'journeys', 'faces', 'adapters', 'config', 'gateway'],
  // runs in a thread of its own
  'judge-worker.ts': ['journeys', 'forms'],
  'judge-process.ts': ['adapters'],
  'main.ts': ['gateway.ts', 'config', 'faces'],
  'ryoritsu.ts': ['gateway.ts', 'gateway', 'config', 'faces']
}
/** packages beyond Node's own that a folder may use */
const packages: Readonly<Record<string, readonly RegExp[]>> = {
  standards: [/^sax$/, /^csv-parse/],
  document: [/^@medplum\/fhirtypes$/, /^jose$/],
  outcome: [/^@medplum\/fhirtypes$/],
  authenticate: [/^jose$/, /^@simplewebauthn\/server(\/helpers)?$/],
  signature: [/^pkijs$/, /^asn1js$/, /^@medplum\/fhirtypes$/],
  forms: [/^re2js$/, /^fhirpath/, /^@lhncbc\/ucum-lhc$/, /^@medplum\/fhirtypes$/],
  journeys: [/^@medplum\/fhirtypes$/, /^jose$/, /^pino$/],
  faces: [/^@medplum\/fhirtypes$/, /^fastify$/, /^pino$/, /^ajv/, /^yaml$/],
  adapters: [/./],
  config: [],
  gateway: [/^pino$/],
  'gateway.ts': [/^fastify$/, /^pino$/]
}
const usual = [/^@medplum\/fhirtypes$/]

interface Import {
  readonly file: string
  readonly from: string
  readonly isType: boolean
  readonly specifier: string
}

const source = join(import.meta.dirname, '..', 'src')
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'))
const folderOf = (path: string): string => path.split('/')[0]!

const imports: readonly Import[] = files.flatMap(file => {
  const text = readFileSync(join(source, file), 'utf8')
  const pattern = /^(?:import|export)\s+(type\s)?[^'"`;]*?from\s+'([^']+)'|import\('([^']+)'\)|^import\s+'([^']+)'/gmu
  return [...text.matchAll(pattern)].map(([, isType, from, dynamic, bare]) => ({
    file,
    from: folderOf(file),
    isType: isType !== undefined,
    specifier: (from ?? dynamic ?? bare)!
  }))
})

t.test('imports go from faces to journeys to stations to ports, never back or across', async t => {
  t.ok(files.length > 50 && imports.length > 200, 'the tree was read')
  const wrong = imports
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(each => ({ ...each, target: relative(source, join(source, dirname(each.file), each.specifier)) }))
    .filter(({ from, target, isType }) => {
      const to = folderOf(target)
      if (to === from || mayImport[from]?.includes(to)) return false
      if (target.startsWith('../'))
        return !(from === 'faces' && /^\.\.\/openapi\/gateway\.d\.ts$/u.test(target) && isType)
      // adapters know the ports they serve, and nothing else of a station or journey
      return !(from === 'adapters' && isType && target.endsWith('/ports.ts'))
    })
  t.same(
    wrong.map(({ file, target }) => `${file} → ${target}`),
    []
  )
})

t.test('each folder uses only the packages that belong to it; Fastify stays in faces/http', async t => {
  const wrong = imports.filter(({ from, file, specifier }) => {
    if (specifier.startsWith('.') || specifier.startsWith('node:')) return false
    if (specifier === 'fastify' && from === 'faces') return !file.startsWith('faces/http/server')
    return ![...usual, ...(packages[from] ?? [])].some(pattern => pattern.test(specifier))
  })
  t.same(
    wrong.map(({ file, specifier }) => `${file} → ${specifier}`),
    []
  )
})

t.test('only config/env.ts reads the environment, and pure code reads neither clock nor chance', async t => {
  const environment = files.filter(
    file => file !== 'config/env.ts' && readFileSync(join(source, file), 'utf8').includes('process.env')
  )
  t.same(environment, [])
  const impure = files.filter(file => {
    const folder = folderOf(file)
    if (![...pure, 'receive', 'validate', 'consent', 'view', 'deliver', 'audit', 'forms'].includes(folder)) return false
    return /Date\.now\(|new Date\(\)|Math\.random\(|^import .*\b(?:randomBytes|randomUUID)\b/mu.test(
      readFileSync(join(source, file), 'utf8')
    )
  })
  t.same(impure, [])
})

t.test('no folder is a drawer, and no barrel hides what is meant', async t => {
  const names = files.map(file => `/${file}`)
  t.same(
    names.filter(name => /\/(utils?|helpers?|common|shared)(\/|\.ts$)/u.test(name)),
    []
  )
  t.same(
    names.filter(name => name.endsWith('/index.ts')),
    []
  )
})
