import { randomBytes } from 'node:crypto'
import type { Master, Masters } from '../../src/record/ports.ts'

/** Master keys as their file would hold them, the one that wraps first; `list` may be changed as a rotation does. */
export class MastersInHand implements Masters {
  list: readonly Master[]
  /** what the file holds: taken when it is looked at again */
  inFile: readonly Master[]

  constructor(...list: readonly Master[]) {
    this.list = list
    this.inFile = list
  }

  all(): readonly Master[] {
    return this.list
  }

  lookAgain(): boolean {
    const isNew = this.list !== this.inFile
    this.list = this.inFile
    return isNew
  }
}

export const freshMaster = (name: string): Master => ({ name, key: randomBytes(32) })

export const freshSecrets = () => ({ index: randomBytes(32), log: randomBytes(32) })
