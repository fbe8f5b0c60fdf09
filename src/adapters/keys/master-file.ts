import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import type { MasterKeys } from '../../journeys/keys/ports.ts'
import type { Master } from '../../record/ports.ts'
import { decodeBase64url, encodeBase64url } from '../../standards/base64url.ts'
import { hkdf } from '../../standards/hkdf.ts'
import { KeyFileError } from './key-file-error.ts'
import { isUnchanged, readSecretFile } from './secret-file.ts'
import { replaceSecret, writeOnce } from './write-once.ts'

interface Line extends Master {
  readonly isWaiting: boolean
}

interface Read {
  readonly stamp: string
  readonly lines: readonly Line[]
}

/** more than a rotation that was cut off many times could leave */
const most = 8
const lookAgainMs = 50

/**
 * The file of master keys: 32 bytes as base64url a line, mode 0600, made where missing. The first wraps; the others are there to
 * open what was wrapped before. `waiting` after a key says that every gateway shall know it before it comes first.
 */
export class MasterFile implements MasterKeys {
  /** whether this start made the file */
  readonly isMade: boolean
  readonly #file: string
  #read: Read
  #lookedAt = 0

  /** @throws KeyFileError where others can read it, or where a line is no key */
  constructor(file: string) {
    this.#file = file
    this.isMade = !existsSync(file) && writeOnce(file, format([{ key: randomBytes(32), isWaiting: false }]))
    this.#read = read(file)
  }

  /**
   * Reads the file if it was replaced since.
   * @returns whether it was
   * @throws KeyFileError; what was known before stays in use
   */
  look(): boolean {
    this.#lookedAt = performance.now()
    if (isUnchanged(this.#file, this.#read)) return false
    this.#read = read(this.#file)
    return true
  }

  lookAgain(): boolean {
    if (performance.now() - this.#lookedAt < lookAgainMs) return false
    try {
      return this.look()
    } catch {
      return false
    }
  }

  all(): readonly Master[] {
    return this.#read.lines
  }

  get isOneWaiting(): boolean {
    return this.#read.lines.some(({ isWaiting }) => isWaiting)
  }

  make(): ReturnType<MasterKeys['make']> {
    const key = randomBytes(32)
    return { name: nameOf(key), save: () => this.#replace(lines => [...lines, { key, isWaiting: true }]) }
  }

  promote(): void {
    this.#replace(lines => {
      const fresh = lines.filter(({ isWaiting }) => isWaiting)
      const others = lines.filter(({ isWaiting }) => !isWaiting)
      return [...fresh, ...others].map(({ key }) => ({ key, isWaiting: false }))
    })
  }

  destroyOthers(): void {
    this.#replace(lines => lines.slice(0, 1))
  }

  #replace(change: (lines: readonly Line[]) => readonly Pick<Line, 'key' | 'isWaiting'>[]): void {
    this.look()
    replaceSecret(this.#file, format(change(this.#read.lines)))
    this.look()
  }
}

const format = (lines: readonly Pick<Line, 'key' | 'isWaiting'>[]): string =>
  lines.map(({ key, isWaiting }) => `${encodeBase64url(key)}${isWaiting ? ' waiting' : ''}\n`).join('')

function read(file: string): Read {
  const { text, stamp } = readSecretFile(file)
  const lines = text
    .split(/\r?\n/u)
    .filter(line => line.trim() !== '')
    .map(readLine)
  const isUsable = lines.length > 0 && lines.length <= most && lines.every(line => line !== undefined)
  if (!isUsable || lines[0]!.isWaiting)
    throw new KeyFileError([`${file}: a master key is 32 bytes as base64url, one a line`])
  return { stamp, lines }
}

function readLine(line: string): Line | undefined {
  const [, text = '', waiting] = /^\s*([\w-]{43})( waiting)?\s*$/u.exec(line) ?? []
  try {
    const key = decodeBase64url(text)
    return key.length === 32 ? { name: nameOf(key), key, isWaiting: waiting !== undefined } : undefined
  } catch {
    return undefined
  }
}

/** Says which master a wrap is under, and nothing about it. */
const nameOf = (key: Uint8Array): string => encodeBase64url(hkdf(key, 'name').subarray(0, 12))
