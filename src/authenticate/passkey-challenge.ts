import { timingSafeEqual } from 'node:crypto'
import type { Instant } from '../document/ids.ts'
import { decodeBase64url, encodeBase64url } from '../standards/base64url.ts'

/** What a challenge was given out for; one for another purpose, or for somebody else, is none. */
export interface ChallengeUse {
  readonly purpose: 'register' | 'login' | 'step-up'
  /** whom it binds to: the code that was shown, or the session; '' for a login */
  readonly bound: string
}

/** HMAC under a key that all gateways of a store have, base64url. */
export type Mac = (...parts: readonly string[]) => string

const minutes = 5
const randomBytes = 16
const timeBytes = 6

/**
 * A challenge that needs no row until it is used: 128 random bits, when it ends, and an HMAC over both and its use. So asking for
 * one costs the store nothing, and whichever gateway gets the answer knows it. That it is used once, a guard of the store sees to.
 */
export function makeChallenge(mac: Mac, random: (size: number) => Uint8Array, use: ChallengeUse, now: Instant): string {
  const head = Buffer.alloc(randomBytes + timeBytes)
  head.set(random(randomBytes))
  head.writeUIntBE(now + minutes * 60_000, randomBytes, timeBytes)
  return encodeBase64url(Buffer.concat([head, tagOf(mac, use, head)]))
}

/** @returns when it ends; undefined where it is not ours, was for something else, or has ended */
export function challengeEnd(mac: Mac, challenge: string, use: ChallengeUse, now: Instant): Instant | undefined {
  const bytes = decoded(challenge)
  if (bytes === undefined || bytes.length !== randomBytes + timeBytes + 32) return undefined
  const head = bytes.subarray(0, randomBytes + timeBytes)
  if (!timingSafeEqual(bytes.subarray(head.length), tagOf(mac, use, head))) return undefined
  const end = head.readUIntBE(randomBytes, timeBytes)
  return now < end ? end : undefined
}

const tagOf = (mac: Mac, { purpose, bound }: ChallengeUse, head: Buffer): Buffer =>
  Buffer.from(mac('challenge', purpose, bound, encodeBase64url(head)), 'base64url')

function decoded(text: string): Buffer | undefined {
  try {
    return Buffer.from(decodeBase64url(text))
  } catch {
    return undefined
  }
}
