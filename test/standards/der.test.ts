import fc from 'fast-check'
import t from 'tap'
import {
  DerMembers,
  der,
  derInteger,
  derOid,
  generalizedTime,
  integerBytes,
  oidText,
  readDer,
  smallInteger,
  tags
} from '../../src/standards/der.ts'
import { DerError } from '../../src/standards/der-element.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

t.test('what is written reads the same: values of any length, integers, identifiers', t => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70_000 }), fc.constantFrom(0x04, 0x30, 0xa3), (content, tag) => {
      const value = readDer(der(tag, content), tag)
      return Buffer.from(value.content).equals(content)
    }),
    { numRuns: 50 }
  )
  fc.assert(
    fc.property(fc.nat(2 ** 31 - 1), number => {
      const bytes = hex(number.toString(16).padStart(8, '0'))
      return smallInteger(readDer(derInteger(bytes), tags.integer)) === number
    })
  )
  fc.assert(
    fc.property(fc.nat(2), fc.nat(39), fc.array(fc.nat(), { maxLength: 8 }), (root, second, arcs) => {
      const text = [root, second, ...arcs].join('.')
      return oidText(readDer(derOid(text), tags.oid)) === text
    })
  )
  t.equal(oidText(readDer(hex('06 09 2a864886f70d010101'))), '1.2.840.113549.1.1.1')
  t.equal(oidText(readDer(hex('06 03 883703'))), '2.999.3', 'the example of X.690 section 8.19.5')
  t.end()
})

t.test('refuses every second way to write the same', t => {
  const refused: readonly (readonly [string, () => unknown])[] = [
    ['indefinite length', () => readDer(hex('30 80 0000'))],
    ['a short length in long form', () => readDer(hex('04 81 01 00'))],
    ['a length with a zero before it', () => readDer(Buffer.concat([hex('04 82 00 80'), Buffer.alloc(128)]))],
    ['a length of four bytes', () => readDer(hex('04 84 00000001 00'))],
    ['a tag of two bytes', () => readDer(hex('1f 20 00'))],
    ['cut off in the length', () => readDer(hex('04 82 01'))],
    ['cut off in the content', () => readDer(hex('04 02 00'))],
    ['nothing', () => readDer(hex(''))],
    ['something behind it', () => readDer(hex('0500 00'))],
    ['another type', () => readDer(hex('0500'), tags.integer)],
    ['an empty integer', () => integerBytes(readDer(hex('02 00')))],
    ['an integer with a zero before it', () => integerBytes(readDer(hex('02 02 0001')))],
    ['a negative one with more ones than needed', () => integerBytes(readDer(hex('02 02 ff80')))],
    ['a negative integer', () => smallInteger(readDer(hex('02 01 ff')))],
    ['an integer beyond four bytes', () => smallInteger(readDer(hex('02 05 0100000000')))],
    ['an identifier that does not end', () => oidText(readDer(hex('06 01 80')))],
    ['an identifier with a zero before an arc', () => oidText(readDer(hex('06 03 2a8001')))],
    ['an empty identifier', () => oidText(readDer(hex('06 00')))],
    ['too many members', () => new DerMembers(hex('0500 0500 0500')).rest(2)]
  ]
  for (const [title, read] of refused) t.throws(read, DerError, title)
  t.same(integerBytes(readDer(hex('02 02 0080'))), hex('0080'))
  t.end()
})

t.test('reads times in UTC, to milliseconds', t => {
  const read = (text: string) =>
    generalizedTime({ tag: tags.generalizedTime, content: Buffer.from(text), bytes: hex('') })
  t.equal(read('20260901022500Z'), Date.UTC(2026, 8, 1, 2, 25, 0))
  t.equal(read('20260901022500.5Z'), Date.UTC(2026, 8, 1, 2, 25, 0, 500))
  t.equal(read('20240229235959.123456Z'), Date.UTC(2024, 1, 29, 23, 59, 59, 123))
  const wrong = [
    '202609010225Z',
    '20260901022500',
    '20260901022500+0900',
    '20260901022500.Z',
    '20260901022500.50Z',
    '20260901022500,5Z',
    '20260229000000Z',
    '20261301000000Z',
    '20260901240000Z',
    '20260901022560Z',
    ''
  ]
  for (const text of wrong) t.throws(() => read(text), DerError, text)
  t.end()
})
