import { hash, type KeyObject, verify } from 'node:crypto'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { EncodingError, encodeBase64url } from './base64url.ts'
import { PublicKeyError, readPublicJwk } from './public-key.ts'

/**
 * Signed notes, the checkpoints of a log and the cosignatures of its witnesses (Ed25519 only).
 * @see https://c2sp.org/signed-note https://c2sp.org/tlog-checkpoint https://c2sp.org/tlog-cosignature
 */

/** What a key of this type signs: the text itself, or the text with a time in front. */
const types = { note: 0x01, cosignature: 0x04 } as const
export type NoteKeyType = keyof typeof types

/** A public key under its name. Name and id together say which key signed. */
export interface NoteKey {
  readonly name: string
  readonly type: NoteKeyType
  /** 8 hex digits */
  readonly id: string
  readonly publicKey: KeyObject
}

export interface NoteSigner {
  readonly key: NoteKey
  /** Ed25519 over the bytes. */
  sign(input: Uint8Array): Uint8Array | Promise<Uint8Array>
}

export interface NoteSignature {
  readonly name: string
  readonly id: string
  readonly signature: Uint8Array
}

export interface Note {
  /** With its final line end. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

export interface VerifiedSignature {
  readonly key: NoteKey
  /** Of a cosignature: when the witness had seen no larger tree (seconds since 1970). */
  readonly time?: number
}

export interface Checkpoint {
  readonly origin: string
  readonly size: number
  readonly root: Uint8Array
  readonly extensions?: readonly string[]
}

/** The note is malformed, or no known key holds for it, or one does not. */
export class NoteError extends Error {
  override readonly name = 'NoteError'
}

const maxSignatures = 100
const keyBytes = 32
const signatureBytes = 64

/** @throws TypeError for a name or a key that cannot sign notes */
export function noteKey(name: string, publicKey: KeyObject, type: NoteKeyType = 'note'): NoteKey {
  if (!isName(name)) throw new TypeError('a key name has no spaces and no plus')
  if (publicKey.asymmetricKeyType !== 'ed25519' || publicKey.type !== 'public')
    throw new TypeError('not an Ed25519 public key')
  const input = Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(types[type]), rawKey(publicKey)])
  return { name, type, id: hash('sha256', input).slice(0, 8), publicKey }
}

/** @returns `<name>+<id>+<base64 of type ‖ key>`: what a log publishes for those who check it */
export function formatVkey(key: NoteKey): string {
  return `${key.name}+${key.id}+${encodeBase64(Buffer.concat([Buffer.of(types[key.type]), rawKey(key.publicKey)]))}`
}

/** @throws NoteError, also if name and key do not give the id */
export function parseVkey(text: string): NoteKey {
  const [name, id, encoded] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text)?.slice(1) ?? []
  if (name === undefined || !isName(name) || encoded === undefined) throw new NoteError('not a verifier key')
  const bytes = decode(encoded)
  const type = bytes[0] === types.note ? 'note' : bytes[0] === types.cosignature ? 'cosignature' : undefined
  if (type === undefined || bytes.length !== 1 + keyBytes) throw new NoteError('not an Ed25519 verifier key')
  const x = encodeBase64url(bytes.subarray(1))
  const key = noteKey(name, keyOf(x), type)
  if (key.id !== id) throw new NoteError('the id is not of this name and key')
  return key
}

function keyOf(x: string): KeyObject {
  try {
    return readPublicJwk({ kty: 'OKP', crv: 'Ed25519', x })
  } catch (error) {
    if (error instanceof PublicKeyError) throw new NoteError('under this key anybody can sign')
    throw error
  }
}

/**
 * Takes a note apart without verifying anything.
 * @throws NoteError
 */
export function parseNote(note: string): Note {
  if (!isText(note)) throw new NoteError('not the text of a note')
  const end = note.lastIndexOf('\n\n')
  if (end < 1 || !note.endsWith('\n') || note.length === end + 2) throw new NoteError('no signature lines')
  const lines = note.slice(end + 2, -1).split('\n')
  if (lines.length > maxSignatures) throw new NoteError('too many signatures')
  return { text: note.slice(0, end + 1), signatures: lines.map(parseLine) }
}

export function formatNote(note: Note): string {
  return `${note.text}\n${note.signatures.map(formatLine).join('')}`
}

/**
 * Opens a note: at least one of the given keys must have signed it, and each signature by one of them must hold.
 * Signatures of other keys are passed over.
 * @throws NoteError
 */
export function openNote(
  note: string,
  keys: readonly NoteKey[]
): { readonly text: string; readonly by: readonly VerifiedSignature[] } {
  const { text, signatures } = parseNote(note)
  const by: VerifiedSignature[] = []
  for (const signature of signatures) {
    const key = keys.find(({ name, id }) => name === signature.name && id === signature.id)
    if (key !== undefined) by.push(verifySignatureOf(text, key, signature.signature))
  }
  if (by.length === 0) throw new NoteError('signed by no known key')
  return { text, by }
}

/**
 * @param text one or more lines, the last with its line end
 * @param signers a line for each
 * @throws TypeError for text that a note cannot hold, and for a key that does not sign notes
 */
export async function signNote(text: string, ...signers: readonly NoteSigner[]): Promise<string> {
  if (!isText(text) || !text.endsWith('\n')) throw new TypeError('not the text of a note')
  if (signers.length === 0) throw new TypeError('a note is signed by one key at least')
  if (signers.some(({ key }) => key.type !== 'note')) throw new TypeError('the key does not sign notes')
  const bytes = Buffer.from(text)
  const signatures = await Promise.all(
    signers.map(async signer => ({ name: signer.key.name, id: signer.key.id, signature: await signer.sign(bytes) }))
  )
  return formatNote({ text, signatures })
}

/** @returns the text of a checkpoint: origin, size and root, a line each */
export function checkpointText({ origin, size, root, extensions = [] }: Checkpoint): string {
  return `${[origin, size, encodeBase64(root), ...extensions].join('\n')}\n`
}

/** @throws NoteError */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin, size, root, ...rest] = text.split('\n')
  const last = rest.pop()
  if (last !== '' || !origin || !size || !root || rest.includes('')) throw new NoteError('not a checkpoint')
  if (!/^(0|[1-9][0-9]*)$/.test(size) || !Number.isSafeInteger(Number(size)))
    throw new NoteError('not the size of a tree')
  const bytes = decode(root)
  if (bytes.length !== 32) throw new NoteError('not a root hash')
  return { origin, size: Number(size), root: bytes, extensions: rest }
}

/** @returns the checkpoint as a note signed by the log's key; while that is changed, by the old and the new one */
export function signCheckpoint(checkpoint: Checkpoint, ...signers: readonly NoteSigner[]): Promise<string> {
  return signNote(checkpointText(checkpoint), ...signers)
}

function verifySignatureOf(text: string, key: NoteKey, signature: Uint8Array): VerifiedSignature {
  if (key.type === 'note') {
    check(signature.length === signatureBytes && verify(null, Buffer.from(text), key.publicKey, signature))
    return { key }
  }
  check(signature.length === 8 + signatureBytes)
  const time = Buffer.from(signature).readBigUInt64BE()
  check(time <= Number.MAX_SAFE_INTEGER)
  const message = Buffer.from(`cosignature/v1\ntime ${time}\n${text}`)
  check(verify(null, message, key.publicKey, signature.subarray(8)))
  return { key, time: Number(time) }
}

function check(holds: boolean): void {
  if (!holds) throw new NoteError('a signature does not hold')
}

function parseLine(line: string): NoteSignature {
  const [dash, name, encoded, ...rest] = line.split(' ')
  if (dash !== '—' || name === undefined || !isName(name) || encoded === undefined || rest.length > 0) {
    throw new NoteError('not a signature line')
  }
  const bytes = decode(encoded)
  if (bytes.length < 5) throw new NoteError('not a signature')
  return { name, id: bytes.toString('hex', 0, 4), signature: bytes.subarray(4) }
}

function formatLine({ name, id, signature }: NoteSignature): string {
  return `— ${name} ${encodeBase64(Buffer.concat([Buffer.from(id, 'hex'), signature]))}\n`
}

function rawKey(publicKey: KeyObject): Buffer {
  return Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url')
}

function decode(text: string): Buffer {
  try {
    return decodeBase64(text)
  } catch (error) {
    if (error instanceof EncodingError) throw new NoteError(error.message)
    throw error
  }
}

/** Unicode's White_Space, and the line ends among it; `\s` lacks U+0085 and has U+FEFF besides. */
function isName(name: string): boolean {
  return name !== '' && !/[\p{White_Space}\ufeff+]/u.test(name) && isText(name)
}

function isText(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a note holds none but line ends
  return text.isWellFormed() && !/[\u0000-\u0009\u000b-\u001f]/.test(text)
}
