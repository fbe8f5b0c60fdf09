import fc from 'fast-check'
import t from 'tap'
import { CsvTextError, readCsv } from '../../src/standards/csv.ts'

const read = (text: string | Uint8Array, records = 1000) => readCsv(Buffer.from(text), { records })

const faultOf = (reading: Promise<unknown>): Promise<unknown> =>
  reading.then(
    () => undefined,
    error => (error instanceof CsvTextError ? `${error.fault} ${error.line}` : error)
  )

t.test('fields as they were written: quotes, commas, line breaks, each kind of line end', async t => {
  t.same(await read('a,b\r\n"x, ""y""","1\r\n2"\r\n, z \r\n'), [
    ['a', 'b'],
    ['x, "y"', '1\r\n2'],
    ['', ' z ']
  ])
  t.same(await read('a,b\n1,2'), [
    ['a', 'b'],
    ['1', '2']
  ])
  t.same(await read('a\r1\r'), [['a'], ['1']])
  t.same(await read('a\r\n1\n2\r3'), [['a'], ['1'], ['2'], ['3']], 'also mixed')
  t.same(
    await read('a,b\n1\n\n1,2,3'),
    [['a', 'b'], ['1'], [''], ['1', '2', '3']],
    'each line counts, whatever is in it'
  )
  t.same(await read('=1+1,-2,007,true,2026/04/01'), [['=1+1', '-2', '007', 'true', '2026/04/01']], 'nothing is cast')
  t.same(await read(''), [])
})

t.test('the mark that Excel writes at the beginning is no part of the first field, one elsewhere is', async t => {
  t.same(await read('\ufeffcase,b'), [['case', 'b']])
  t.same(await read('\ufeff"case",b'), [['case', 'b']])
  t.same(await read('a,\ufeffb'), [['a', '\ufeffb']])
})

t.test('what is not UTF-8 is refused with its line', async t => {
  const shiftJis = Buffer.concat([Buffer.from('case,wi.occupation\nC1,'), Buffer.from([0x89, 0x63, 0x8b, 0xc6, 0x0a])])
  t.equal(await faultOf(read(shiftJis)), 'not-utf-8 2')
  t.equal(await faultOf(read(Buffer.from('\ufeffa,b', 'utf16le'))), 'not-utf-8 1')
  t.equal(await faultOf(read(Buffer.from([0x61, 0x0a, 0xe3, 0x81]))), 'not-utf-8 2', 'cut in a character')
})

t.test('quotes that do not close or stand inside a field are refused with their line', async t => {
  t.match(await faultOf(read('a,b\n"x,1\n2,3\n')), /^quote \d+$/)
  t.equal(await faultOf(read('a,b\n1,2\nx"y,3')), 'quote 3')
  t.equal(await faultOf(read('a,b\n"x"y,3')), 'quote 2')
})

t.test('more records than are allowed are not read', async t => {
  t.equal((await read('a\n1\n2', 3)).length, 3)
  t.equal(await faultOf(read('a\n1\n2\n3', 3)), 'too-many-records 4')
})

t.test('a large file leaves turns of the event loop to others', async t => {
  let turns = 0
  const timer = setInterval(() => turns++, 0)
  const rows = await read(`a\n${'あ,"い\n""う"""\r\n'.repeat(60_000)}`, 100_000)
  clearInterval(timer)
  t.equal(rows.length, 60_001)
  t.ok(turns > 3)
})

t.test('whatever fields there are, their CSV says the same', async t => {
  const field = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', 'あ', '\ufeff', ' ') }))
  const written = (text: string) => `"${text.replaceAll('"', '""')}"`
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(field, { minLength: 1 }), { minLength: 1 }), async records => {
      const text = records.map(record => record.map(written).join(',')).join('\r\n')
      t.same(await read(text), records)
    }),
    { numRuns: 100 }
  )
})
