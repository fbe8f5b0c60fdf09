import type { StepFailed, StepName } from './step.ts'

/** How a run reads on a terminal: one line a step. */
export class Report {
  readonly #write: (text: string) => void
  #steps = 0
  #facts = 0

  constructor(write: (text: string) => void) {
    this.#write = write
  }

  heading(ja: string, en: string): void {
    this.#write(`\n${ja} / ${en}\n`)
  }

  passed = ({ id, ja, en }: StepName, facts: readonly string[]): void => {
    this.#steps++
    this.#facts += facts.length
    this.#write(`${id.padEnd(5)}✓ ${ja} ${en} | ${facts.join(', ')}\n`)
  }

  failed({ step: { id, ja, en }, message, refusal }: StepFailed): void {
    const key = refusal === undefined ? '' : ` | refusal: ${refusal}`
    this.#write(`${id.padEnd(5)}✗ ${ja} ${en} | ${message}${key}\n`)
  }

  line(text: string): void {
    this.#write(`${text}\n`)
  }

  total(milliseconds: number): void {
    this.#write(`\n${this.#steps} steps, ${this.#facts} facts verified in ${(milliseconds / 1000).toFixed(1)} s\n`)
  }
}
