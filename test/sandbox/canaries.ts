import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Canary, neverToHr } from '../../fixtures/canary.ts'
import { findCanaries, needlesOf } from '../journeys/find-canaries.ts'
import { expectStatus } from '../parties/story.ts'
import type { Scene } from './scene.ts'
import type { Saw } from './step.ts'

/** Texts of a physician's document that must never reach HR. */
export function hiddenIn(records: string, path: string): readonly string[] {
  const all = JSON.parse(readFileSync(join(records, 'canaries.json'), 'utf8')) as readonly Canary[]
  const ofDocument = all.filter(canary => canary.document === path && canary.by === 'physician')
  return ofDocument.filter(({ class: name }) => neverToHr.has(name)).map(({ value }) => value)
}

/**
 * Those that stand in the texts, however they are written there; of one within another the longer. Equal texts are looked
 * through once.
 */
export function foundIn(texts: readonly string[], canaries: readonly string[]): readonly string[] {
  if (canaries.length === 0) throw new TypeError('a search for nothing finds nothing')
  return findCanaries([...new Set(texts)].join('\n'), needlesOf(canaries))
}

/**
 * Nothing medical of these documents in any byte that HR's system ever got (headers, searches, documents, webhooks), in
 * the gateway's log and in its metrics.
 */
export async function keptFromHr(scene: Scene, paths: readonly string[], saw: Saw): Promise<void> {
  const { town, receivers, records, operator, logged } = scene
  const hidden = paths.flatMap(path => hiddenIn(records, path))
  const atHr = [...town.hr.received, ...receivers.hr.bodies]
  saw(
    `${hidden.length} canaries in ${atHr.length} answers and webhooks (${kib(atHr)} KiB): none`,
    foundIn(atHr, hidden).length === 0
  )
  const { text } = expectStatus(await operator.get('/metrics', { headers: { accept: 'text/plain' } }), 200)
  const told = [logged(), text]
  saw(`none in the log and the metrics (${kib(told)} KiB)`, foundIn(told, hidden).length === 0)
}

const kib = (texts: readonly string[]): number =>
  Math.ceil(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / 1024)
