import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { VerifyParts, VerifyTrust } from '../../journeys/verify/verification.ts'
import { verifyFile } from '../../journeys/verify/verify-file.ts'
import { instantMillis, isInstant } from '../../standards/fhir-time.ts'
import { type Command, type Exit, exit, readArguments, readInput, WrongUse } from './command.ts'

export interface VerifyCommandParts {
  /** @param folder undefined: that of the settings */
  trust(folder: string | undefined): VerifyTrust
  structure(): VerifyParts['structure']
  /** CRLs and OCSP responses in a folder, which may not be there */
  revocation(folder: string): readonly Uint8Array[]
  /** milliseconds since 1970 */
  now(): number
}

const options = {
  trust: { type: 'string' },
  document: { type: 'string' },
  timestamp: { type: 'string' },
  at: { type: 'string' },
  'sd-jwt': { type: 'string' },
  json: { type: 'boolean' }
} as const

/** Verifies files offline. Whom to believe never comes from the file under test. */
export function verifyCommand({ trust, structure, revocation, now }: VerifyCommandParts): Command {
  return {
    name: 'verify',
    meaning: 'Verifies documents, derived documents, receipts and checkpoints, with their time-stamps, offline.',
    usage: ['verify <file>… [--document <file>] [--timestamp <file>] [--trust <folder>] [--at <time>] [--json]'],
    async run(args, terminal) {
      const { values, positionals: files } = readArguments(args, options)
      if (values['sd-jwt'] !== undefined) throw new WrongUse('--sd-jwt: this version verifies no SD-JWT')
      if (files.length === 0) throw new WrongUse('no file is named')
      if (values.document !== undefined && files.length > 1)
        throw new WrongUse('--document goes with one file, its receipt')
      if (values.timestamp !== undefined && files.length > 1)
        throw new WrongUse('--timestamp goes with one file, which it is over')
      const question = {
        document: values.document === undefined ? undefined : readInput(values.document),
        at: values.at === undefined ? undefined : timeIn(values.at),
        now: now()
      }
      const inputs = files.map(file => ({ file, bytes: readInput(file) }))
      const parts = { trust: trust(values.trust), structure: structure() }

      const results = []
      for (const { file, bytes } of inputs) {
        const beside = timestampFor(file, values.timestamp)
        const timestamp = beside === undefined ? undefined : readInput(beside)
        const { kind, verdict, checks } = await verifyFile(bytes, parts, {
          ...question,
          timestamp,
          // as the evidence pack has them
          revocation: ['crl', 'ocsp'].flatMap(name => revocation(join(dirname(file), name)))
        })
        const isPair = kind === 'checkpoints' && !checks.some(({ name }) => name === 'checkpoint')
        if (values.timestamp !== undefined && (kind === 'receipt' || isPair))
          throw new WrongUse(`--timestamp goes with a document or one checkpoint; ${file} is neither`)
        if (question.document && (kind === 'original' || kind === 'derived' || kind === 'checkpoints'))
          throw new WrongUse(`--document goes with a receipt; ${file} is none`)
        if (question.at !== undefined && kind === 'checkpoints' && timestamp === undefined)
          throw new WrongUse(`--at does not go with checkpoints: they bear no time`)
        results.push({ file, kind, verdict, checks })
      }
      const verdicts = results.map(({ verdict }) => verdict)
      if (values.json) {
        const told = results.map(({ file, kind, verdict, checks }) => ({
          file,
          ok: verdict === 'held',
          kind,
          checks
        }))
        const { file: _, ...only } = told[0]!
        const all = { ok: verdicts.every(verdict => verdict === 'held'), files: told }
        terminal.out(JSON.stringify(told.length === 1 ? only : all))
      } else {
        for (const { file, kind, verdict, checks } of results) {
          terminal.out(`${file}: ${words[verdict]} (${kind})`)
          for (const { name, ok, detail } of checks) terminal.out(`  ${ok ? 'ok    ' : 'FAILED'} ${name}: ${detail}`)
        }
      }
      return exitOf(verdicts)
    }
  }
}

const words = { held: 'holds', failed: 'does not hold', untrusted: 'untrusted' } as const

function exitOf(verdicts: readonly (keyof typeof words)[]): Exit {
  if (verdicts.includes('failed')) return exit.failed
  return verdicts.includes('untrusted') ? exit.untrusted : exit.held
}

/** The time-stamp that is named, else one that lies beside the file: of the same name, or as the evidence pack has it. */
function timestampFor(file: string, named: string | undefined): string | undefined {
  if (named !== undefined) return named
  const name = basename(file)
  const beside = [
    `${name}.tsr`,
    `${name.replace(/\.[^.]+$/u, '')}.tsr`,
    ...(name === 'document.json' ? ['timestamp.tsr'] : [])
  ]
  return beside.map(other => join(dirname(file), other)).find(other => other !== file && existsSync(other))
}

function timeIn(text: string): number {
  if (!isInstant(text)) throw new WrongUse('--at takes date and time with a zone: 2026-09-10T11:25:00+09:00')
  return instantMillis(text)
}
