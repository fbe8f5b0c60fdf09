import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import type { QuestionnaireResponse } from '@medplum/fhirtypes'
import { isMembers, type Members } from '../../src/validate/members.ts'
import { examine } from '../../src/validate/well-form.ts'
import { parts, structure } from '../validate/example.ts'
import { es256, holds, signed } from './floor/ecdsa.ts'
import { documents, longAnswers } from './requests.ts'

/** A figure in units of one ES256 verification: the median, least and greatest of the rounds. */
interface Verifies {
  readonly us: number
  readonly ratio: number
  readonly least: number
  readonly greatest: number
}

/** What judging costs, in CPU of the whole process: collecting garbage and compiling to machine code are in it. */
export interface Judgement {
  readonly rounds: number
  readonly responseBytes: number
  readonly documentBytes: number
  readonly verifyUs: number
  /** structure, profile, identifiers and form of the whole document around the response */
  readonly document: Verifies
  /** the response by itself: structure and form */
  readonly response: Verifies
}

interface Sample {
  readonly bundle: Members
  readonly response: Members
  readonly input: string
  readonly signature: Buffer
}

/**
 * CPU of judging a work-information response within its document, against one ES256 verification with `node:crypto`: a
 * KeyObject, `r‖s` written as DER by hand, over the compact JWS of the response. Both look at the same 64 documents,
 * parsed and signed ahead of time, in turns of this process.
 */
export function judge(rounds: number, sliceMs = 400): Judgement {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = { kid: 'bench-author', privateKey }
  const cases = Array.from({ length: 64 }, () => ({ case: randomUUID(), subject: randomUUID() }))
  const texts = documents(64, cases, key, longAnswers).map(String)
  const samples = texts.map(text => sampleOf(text, privateKey))
  const tasks = {
    verify: ({ input, signature }: Sample) => holds(es256, input, signature, publicKey),
    document: ({ bundle }: Sample) => examine(bundle, 'employer', parts).issues.length === 0,
    response: ({ response }: Sample) => judgeResponse(response)
  }
  const costs = { verify: [] as number[], document: [] as number[], response: [] as number[] }
  const names = ['verify', 'document', 'response'] as const
  for (const name of names) cpuOf(tasks[name], samples, 3 * sliceMs)
  for (let round = 0; round < rounds; round++) {
    const sums = { verify: 0, document: 0, response: 0 }
    // Short turns, so that what others do on the machine falls on all alike.
    for (let turn = 0; turn < turns; turn++) {
      for (const name of turn % 2 === 0 ? names : names.toReversed()) {
        sums[name] += cpuOf(tasks[name], samples, sliceMs / turns)
      }
    }
    for (const name of names) costs[name].push(sums[name] / turns)
  }
  const inVerifies = (name: 'document' | 'response'): Verifies => {
    const ratios = costs[name].map((cost, round) => cost / costs.verify[round]!)
    return {
      us: median(costs[name]),
      ratio: median(ratios),
      least: Math.min(...ratios),
      greatest: Math.max(...ratios)
    }
  }
  return {
    rounds,
    responseBytes: bytesOf(samples.map(({ response }) => JSON.stringify(response))),
    documentBytes: bytesOf(texts),
    verifyUs: median(costs.verify),
    document: inVerifies('document'),
    response: inVerifies('response')
  }
}

export function judgementLine({ rounds, responseBytes, documentBytes, ...costs }: Judgement): string {
  const kilo = (bytes: number) => `${(bytes / 1000).toFixed(1)} KB`
  const say = ({ us, ratio, least, greatest }: Verifies) =>
    `${ratio.toFixed(2)} × verify (${least.toFixed(2)}–${greatest.toFixed(2)}, ${us.toFixed(0)} µs)`
  return [
    `P5 CPU of judging, median of ${rounds} alternating rounds; one ES256 verify ${costs.verifyUs.toFixed(0)} µs; wanted ≤ 1.5`,
    `  response of ${kilo(responseBytes)} within its document of ${kilo(documentBytes)} (structure, profile, identifiers, form): ${say(costs.document)}`,
    `  the response alone (structure, form): ${say(costs.response)}`
  ].join('\n')
}

function sampleOf(text: string, privateKey: KeyObject): Sample {
  const bundle: unknown = JSON.parse(text)
  const response = (bundle as { readonly entry: readonly { readonly resource: unknown }[] }).entry[1]?.resource
  if (!isMembers(bundle) || !isMembers(response)) throw new TypeError('no response stands second in the document')
  const base64url = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const input = `${base64url({ alg: 'ES256', kid: 'bench-author' })}.${base64url(response)}`
  return { bundle, response, input, signature: Buffer.from(signed(es256, input, privateKey), 'base64url') }
}

function judgeResponse(response: Members): boolean {
  const form = parts.forms.get(String(response.questionnaire))!
  const root = 'QuestionnaireResponse'
  const issues = structure.check(response, root)
  return issues.length === 0 && form.check(response as unknown as QuestionnaireResponse, { root }).length === 0
}

/** @returns µs of CPU for one sample */
function cpuOf(task: (sample: Sample) => boolean, samples: readonly Sample[], sliceMs: number): number {
  let count = 0
  const start = process.cpuUsage()
  for (const until = performance.now() + sliceMs; performance.now() < until; count += samples.length) {
    for (const sample of samples) if (!task(sample)) throw new Error('a sample was refused')
  }
  const { user, system } = process.cpuUsage(start)
  return (user + system) / count
}

const turns = 16

const bytesOf = (texts: readonly string[]): number => median(texts.map(text => Buffer.byteLength(text)))

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((one, other) => one - other)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
