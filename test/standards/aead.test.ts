import fc from 'fast-check'
import t from 'tap'
import { open, SealError, seal } from '../../src/standards/aead.ts'
import { hkdf } from '../../src/standards/hkdf.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

t.test('seals as the published test cases of GCM do (keys of 256 bits)', async t => {
  const none = Buffer.alloc(0)
  const zeroKey = Buffer.alloc(32)
  const zeroNonce = Buffer.alloc(12)
  t.equal(
    seal(zeroKey, none, none, zeroNonce).subarray(12).toString('hex'),
    '530f8afbc74536b9a963b4f1c4cb738b',
    'case 13'
  )
  t.equal(
    seal(zeroKey, none, Buffer.alloc(16), zeroNonce).subarray(12).toString('hex'),
    'cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919',
    'case 14'
  )
  const key = hex('feffe9928665731c6d6a8f9467308308 feffe9928665731c6d6a8f9467308308')
  const plaintext = hex(
    'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39'
  )
  const sealed = seal(key, hex('feedfacedeadbeeffeedfacedeadbeefabaddad2'), plaintext, hex('cafebabefacedbaddecaf888'))
  t.equal(
    sealed.toString('hex'),
    'cafebabefacedbaddecaf888' +
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662' +
      '76fc6ece0f4e1768cddf8853bb2d551b',
    'case 16'
  )
})

t.test('opens what it sealed', async () => {
  fc.assert(
    fc.property(
      bytes(32),
      fc.uint8Array(),
      fc.uint8Array({ maxLength: 500 }),
      bytes(12),
      (key, aad, plaintext, nonce) => {
        const sealed = seal(key, aad, plaintext, nonce)
        return sealed.length === plaintext.length + 28 && open(key, aad, sealed).equals(plaintext)
      }
    )
  )
})

t.test('does not open what was altered, moved or sealed under another key', async t => {
  const change = (value: Uint8Array, place: number, bit: number): Buffer => {
    const copy = Buffer.from(value)
    copy[place % copy.length] = copy[place % copy.length]! ^ (1 << bit)
    return copy
  }
  fc.assert(
    fc.property(
      bytes(32),
      bytes(8),
      fc.uint8Array(),
      bytes(12),
      fc.nat(),
      fc.nat(7),
      (key, aad, plaintext, nonce, place, bit) => {
        const sealed = seal(key, aad, plaintext, nonce)
        for (const attempt of [
          () => open(key, aad, change(sealed, place, bit)),
          () => open(key, change(aad, place, bit), sealed),
          () => open(change(key, place, bit), aad, sealed),
          () => open(key, aad, sealed.subarray(0, place % sealed.length)),
          () => open(key, aad, Buffer.concat([sealed, Buffer.of(0)]))
        ]) {
          if (!refuses(attempt)) return false
        }
        return true
      }
    )
  )
  t.throws(() => seal(Buffer.alloc(16), Buffer.alloc(0), Buffer.alloc(0), Buffer.alloc(12)), TypeError)
  t.throws(() => seal(Buffer.alloc(32), Buffer.alloc(0), Buffer.alloc(0), Buffer.alloc(16)), TypeError)
  t.throws(() => open(Buffer.alloc(31), Buffer.alloc(0), Buffer.alloc(40)), TypeError)
})

t.test('derives the keys of RFC 5869 appendix A', async t => {
  const key = hkdf(Buffer.alloc(22, 0x0b), hex('f0f1f2f3f4f5f6f7f8f9'), 42, hex('000102030405060708090a0b0c'))
  t.equal(
    Buffer.from(key).toString('hex'),
    '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    'A.1'
  )
  t.equal(
    Buffer.from(hkdf(Buffer.alloc(22, 0x0b), '', 42)).toString('hex'),
    '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
    'A.3'
  )
  t.not(Buffer.compare(hkdf(key, 'leaf1'), hkdf(key, 'leaf2')), 0)
})

function refuses(attempt: () => unknown): boolean {
  try {
    attempt()
  } catch (error) {
    return error instanceof SealError
  }
  return false
}
