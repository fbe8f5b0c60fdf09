import { createPrivateKey, generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import {
  checkpointText,
  formatNote,
  formatVkey,
  NoteError,
  type NoteKeyType,
  type NoteSigner,
  noteKey,
  openNote,
  parseCheckpoint,
  parseNote,
  parseVkey,
  signCheckpoint,
  signNote
} from '../../src/standards/signed-note.ts'

/** From the documentation of golang.org/x/mod/sumdb/note (BSD-3-Clause). */
const go = {
  vkey: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  text: "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
  line: '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n'
}
const goNote = `${go.text}\n${go.line}`

const edKey = (name: string, type: NoteKeyType = 'note'): { signer: NoteSigner; privateKey: KeyObject } => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  return { privateKey, signer: { key: noteKey(name, publicKey, type), sign: input => sign(null, input, privateKey) } }
}
const log = edKey('gateway.example/log').signer
const root = Buffer.alloc(32, 7)

t.test('opens and makes again the note of the Go documentation', async t => {
  const key = parseVkey(go.vkey)
  t.same(openNote(goNote, [key]), { text: go.text, by: [{ key }] })
  t.equal(formatVkey(key), go.vkey)
  const seed = Buffer.from('AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz', 'base64').subarray(1)
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  t.equal(await signNote(go.text, { key, sign: input => sign(null, input, privateKey) }), goNote)
})

t.test('a checkpoint is three lines under the signature of the log', async t => {
  const note = await signCheckpoint({ origin: 'gateway.example/log', size: 44, root }, log)
  t.match(
    note,
    /^gateway\.example\/log\n44\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\n— gateway\.example\/log \S+\n$/
  )
  const { text, by } = openNote(note, [parseVkey(formatVkey(log.key))])
  t.same(parseCheckpoint(text), { origin: 'gateway.example/log', size: 44, root, extensions: [] })
  t.equal(by[0]?.key.name, 'gateway.example/log')
  t.equal(parseCheckpoint('o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n').size, 0)
  t.same(parseCheckpoint(checkpointText({ origin: 'o', size: 1, root, extensions: ['a b', 'c'] })).extensions, [
    'a b',
    'c'
  ])
})

t.test('refuses checkpoints written otherwise', async t => {
  const hash = 'BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc='
  for (const text of [
    '',
    'o\n1\n',
    `\n1\n${hash}\n`,
    `o\n01\n${hash}\n`,
    `o\n-1\n${hash}\n`,
    `o\n1.0\n${hash}\n`,
    `o\n9007199254740992\n${hash}\n`,
    `o\n1\n${hash}`,
    `o\n1\n${hash}\n\n`,
    `o\n1\n${hash}\n\nx\n`,
    'o\n1\nBwc=\n',
    `o\n1\n${hash.replace('=', '')}\n`
  ]) {
    t.throws(() => parseCheckpoint(text), NoteError, JSON.stringify(text))
  }
})

t.test('a witness adds its line with the time at which it saw the tree', async t => {
  const witness = edKey('witness.example/w1', 'cosignature')
  const note = await signCheckpoint({ origin: 'gateway.example/log', size: 44, root }, log)
  const { text, signatures } = parseNote(note)
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(1679315147n)
  const signature = sign(null, Buffer.from(`cosignature/v1\ntime 1679315147\n${text}`), witness.privateKey)
  const { name, id } = witness.signer.key
  const cosigned = formatNote({
    text,
    signatures: [...signatures, { name, id, signature: Buffer.concat([time, signature]) }]
  })
  const keys = [parseVkey(formatVkey(log.key)), parseVkey(formatVkey(witness.signer.key))]
  t.same(
    openNote(cosigned, keys).by.map(({ key, time }) => [key.name, time]),
    [
      ['gateway.example/log', undefined],
      ['witness.example/w1', 1679315147]
    ]
  )
  time.writeBigUInt64BE(1679315148n)
  const later = formatNote({
    text,
    signatures: [...signatures, { name, id, signature: Buffer.concat([time, signature]) }]
  })
  t.throws(() => openNote(later, keys), NoteError, 'another time')
  t.throws(() => openNote(formatNote({ text, signatures: [{ name, id, signature }] }), keys), NoteError, 'no time')
  t.same(openNote(later, keys.slice(0, 1)).by.length, 1, 'who does not know the witness passes over its line')
  await t.rejects(signNote(text, witness.signer), TypeError)
})

t.test('refuses altered notes and unknown keys', async t => {
  const note = await signNote('労働者\n', log)
  const stranger = edKey('gateway.example/log').signer.key
  t.throws(() => openNote(note, [stranger]), NoteError, 'another key of the same name')
  t.throws(() => openNote(note, []), NoteError)
  t.throws(() => openNote(note.replace('働', '動'), [log.key]), NoteError)
  const [own, other] = [parseNote(note).signatures[0]!, parseNote(goNote).signatures[0]!]
  const bad = { ...own, signature: Buffer.alloc(64) }
  const text = '労働者\n'
  t.throws(
    () => openNote(formatNote({ text, signatures: [own, bad] }), [log.key]),
    NoteError,
    'one of two does not hold'
  )
  t.same(openNote(formatNote({ text, signatures: [other, own] }), [log.key]).by.length, 1)
  fc.assert(
    fc.property(
      fc.nat(note.length - 1),
      fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 1 }),
      (at, character) => {
        const changed = note.slice(0, at) + character + note.slice(at + 1)
        if (changed === note) return true
        try {
          openNote(changed, [log.key])
          return false
        } catch (error) {
          return error instanceof NoteError
        }
      }
    ),
    { numRuns: 300 }
  )
})

t.test('refuses what is not a note', async t => {
  const { line } = go
  const malformed = [
    '',
    '\n',
    'a\n',
    line,
    `\n${line}`,
    `a\n${line}`,
    `a\n\n${line.trimEnd()}`,
    `a\n\n${line}\n`,
    `a\n\n${line.replace('—', '-')}`
  ]
  malformed.push(
    `a\n\n${line.replace(' x', '  x')}`,
    `a\n\n${line.replace('=', '')}`,
    `a\r\n\n${line}`,
    `a\t\n\n${line}`,
    `a\n\n— name AAAA\n`
  )
  malformed.push(`a\n\n— na+me AAAAAAAA\n`, `a\n\n${line.repeat(101)}`, `\ud842\n\n${line}`, `a\n\n${line}x\n`)
  for (const note of malformed) t.throws(() => parseNote(note), NoteError, JSON.stringify(note.slice(0, 60)))
  t.equal(parseNote(`a\n\nb\n\n${line}`).text, 'a\n\nb\n', 'the last empty line divides')
  for (const text of ['no line end', 'tab\t\n', '\ud842\n']) await t.rejects(signNote(text, log), TypeError)
})

t.test('refuses verifier keys that do not fit together', async t => {
  const [name, id, key] = go.vkey.split('+') as [string, string, string]
  for (const vkey of [
    '',
    `${name}+${id}`,
    `x${name}+${id}+${key}`,
    `${name}+${id.toUpperCase()}+${key}`,
    `${name}+00000000+${key}`,
    `${name}+${id}+${key.slice(0, -4)}`,
    `${name}+${id}+${key} `,
    `a b+${id}+${key}`,
    `${name}+${id}+${Buffer.concat([Buffer.of(2), Buffer.from(key, 'base64').subarray(1)]).toString('base64')}`
  ]) {
    t.throws(() => parseVkey(vkey), NoteError, vkey)
  }
  // its id is right, but under a key of zeros anybody can sign (RFC 8032 section 8.4)
  const zeros = Buffer.concat([Buffer.of(1), Buffer.alloc(32)])
  const ofZeros = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), zeros])).slice(0, 8)
  t.throws(() => parseVkey(`${name}+${ofZeros}+${zeros.toString('base64')}`), /anybody can sign/)
  const { publicKey } = generateKeyPairSync('ed25519')
  for (const bad of ['', 'a b', 'a+b', 'a\u00a0b', 'a\u3000b', 'a\u0085', 'a\nb']) {
    t.throws(() => noteKey(bad, publicKey), TypeError, JSON.stringify(bad))
  }
  t.throws(() => noteKey('a', generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey), TypeError)
})
