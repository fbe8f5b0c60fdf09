import fc from 'fast-check'
import t from 'tap'
import { type Primitive, primitives } from '../../src/validate/primitives.ts'
import { isNarrative } from '../../src/validate/xhtml.ts'
import { definitions, type Loose } from './example.ts'

const takes = (type: string, value: unknown): boolean => {
  const primitive = primitives.get(type) as Primitive
  return typeof value === primitive.json && primitive.takes(value as never)
}

/** The pattern that R4 gives for a type, as one that must match all of the text. */
function patternOf(type: string): RegExp | undefined {
  const { snapshot } = definitions.find(({ name }) => name === type) as Loose
  const { extension } = snapshot.element.at(-1).type[0]
  const source = extension.find(({ url }: Loose) => url.endsWith('/regex'))?.valueString
  return source && new RegExp(`^(?:${source})$`)
}

t.test('knows each primitive type of R4 and no other', async t => {
  const defined = definitions.filter(({ kind }) => kind === 'primitive-type').map(({ name }) => name)
  t.strictSame([...primitives.keys()].sort(), defined.sort())
})

const values: Readonly<Record<string, readonly [taken: readonly unknown[], refused: readonly unknown[]]>> = {
  boolean: [
    [true, false],
    ['true', 1, null]
  ],
  integer: [
    [0, -(2 ** 31), 2 ** 31 - 1],
    [0.5, 2 ** 31, -(2 ** 31) - 1, '1']
  ],
  unsignedInt: [
    [0, 2 ** 31 - 1],
    [-1, 1.5, 2 ** 31]
  ],
  positiveInt: [[1], [0, -1, 1.5]],
  decimal: [[0, -1.5, 1e30], ['1']],
  string: [
    ['a', '山田　太郎', ' a', 'a\nb', '\u{20bb7}'],
    ['\u0000a', '\u001f', ' ', '\u3000', 1]
  ],
  markdown: [['*a*\n\nb'], ['\u0007', '\t']],
  code: [
    ['a', 'a b', '<='],
    [' a', 'a ', 'a  b', 'a\n b']
  ],
  id: [
    ['a', 'A-1.b', 'x'.repeat(64)],
    ['a_b', 'x'.repeat(65), 'あ', 'a\n']
  ],
  uri: [
    ['urn:uuid:x', 'http://example.org/a|1', 'あ'],
    ['a b', 'a\n', 'a　b', 'a\u0001']
  ],
  url: [['http://example.org'], ['http://example .org']],
  canonical: [['http://example.org/a|2026'], ['a b']],
  oid: [
    ['urn:oid:1.2.392.100495.20.3.51.11319999015', 'urn:oid:2.0'],
    ['1.2.3', 'urn:oid:3.1', 'urn:oid:1.02', 'urn:oid:1']
  ],
  uuid: [
    ['urn:uuid:0192f0a1-1234-7567-8901-800000000000'],
    ['0192f0a1-1234-7567-8901-800000000000', 'urn:uuid:0192F0A1-1234-7567-8901-800000000000']
  ],
  base64Binary: [
    ['QQ==', 'QUJD'],
    ['QQ', 'QR==', 'QU JD', 'QUJD\n', 'QQ-=']
  ],
  date: [
    ['2026', '2026-02', '2024-02-29'],
    ['2026-02-29', '26-01-01', '2026-1-1', '2026-01-01T00:00:00Z', '0000']
  ],
  dateTime: [
    ['2026', '2026-09-01T10:00:00+09:00', '2026-09-01T10:00:00.123456Z'],
    ['2026-09-01T10:00+09:00', '2026-09-01T10:00:00', '2026-09-31', '2026-09-01T24:00:00Z', '2026-09-01 10:00:00Z']
  ],
  instant: [['2026-09-01T10:00:00.000+09:00'], ['2026-09-01', '2026-09-01T10:00:00']],
  time: [
    ['09:00:00', '23:59:59.9'],
    ['9:00:00', '09:00', '24:00:00', '09:00:00Z']
  ]
}
for (const [type, [taken, refused]] of Object.entries(values)) {
  t.test(`${type} takes what R4 takes`, async t => {
    for (const value of taken) t.ok(takes(type, value), JSON.stringify(value))
    for (const value of refused) t.notOk(takes(type, value), JSON.stringify(value))
  })
}

t.test('no text is taken that the pattern of its type does not match', async t => {
  // R4 means ASCII by its \s and \S, which in JavaScript are of all languages; text in Japanese would not be text.
  const others = [...primitives].filter(
    ([type, { json }]) => json === 'string' && !['string', 'markdown', 'xhtml'].includes(type)
  )
  for (const [type] of others) {
    const pattern = patternOf(type)
    if (!pattern) continue
    const parts = fc.constantFrom(
      ...'019aAzZ-.:+/=|T# \n\té',
      'urn:oid:',
      'urn:uuid:',
      '2026',
      '-02',
      '-29',
      'T10:00:00',
      'Z'
    )
    const text = fc.oneof(
      fc.string(),
      fc.array(parts, { maxLength: 8 }).map(all => all.join(''))
    )
    fc.assert(
      fc.property(text, value => value === '' || !takes(type, value) || pattern.test(value)),
      { numRuns: 300 }
    )
  }
  t.equal(others.length, 12)
})

const div = (content: string) => `<div xmlns="http://www.w3.org/1999/xhtml">${content}</div>`

t.test('a narrative is one div with formatting that says something', async t => {
  for (const text of [
    div('文'),
    div('<p>a<br/>b<br /></p>\n<table border="1"><tr><td colspan="2">1</td></tr></table>'),
    div('a &amp; b &lt; c &#12354; &#x3042; &nbsp;'),
    div('<!-- a - b --><b class="x" style="color: red">a</b>'),
    div('<a href="https://example.org/?a=1&amp;b=2">a</a><a href="#b">b</a><a href="mailto:a@example.org">c</a>'),
    div('<a name="b">a</a><a href="page.html">b</a>'),
    div('<img src="data:image/png;base64,QQ==" alt="a"/>'),
    div('<span title=\'a &quot; b\' lang="ja" xml:lang="ja">a</span>'),
    '<div xml:lang="ja" xmlns="http://www.w3.org/1999/xhtml">a</div>'
  ]) {
    t.ok(isNarrative(text), text)
  }
})

t.test('a narrative that is empty, broken, or more than text is none', async t => {
  for (const text of [
    '',
    'a',
    '<div>a</div>',
    '<div xmlns="http://example.org">a</div>',
    '<p xmlns="http://www.w3.org/1999/xhtml">a</p>',
    ` ${div('a')}`,
    `${div('a')} `,
    div('a') + div('b'),
    `<?xml version="1.0"?>${div('a')}`,
    `<!DOCTYPE div>${div('a')}`,
    div(''),
    div(' \n&nbsp;&#160;<p></p>'),
    div('<p>a'),
    div('<p>a</b></p>'),
    div('a & b'),
    div('a < b'),
    div('<![CDATA[a]]>'),
    div('<P>a</P>'),
    div('<p a>a</p>'),
    div('<p class=a>a</p>'),
    div('<p class="a" class="b">a</p>'),
    div('<script>a</script>'),
    div('<style>a</style>'),
    div('<iframe>a</iframe>'),
    div('<form>a</form>'),
    div('<svg>a</svg>'),
    div(div('a')),
    div('<p onclick="a()">a</p>'),
    div('<p ONCLICK="a()">a</p>'),
    div('<p style="background: url(https://example.org/a)">a</p>'),
    div('<p style="background: u\\rl(a)">a</p>'),
    div('<p style="background: &#117;rl(a)">a</p>'),
    div('<a href="javascript:a()">a</a>'),
    div('<a href=" JavaScript:a()">a</a>'),
    div('<a href="java&#115;cript:a()">a</a>'),
    div('<a href="java&#x0a;script:a()">a</a>'),
    div('<a href="javascript&colon;a()">a</a>'),
    div('<a href="data:text/html,a">a</a>'),
    div('<img src="https://example.org/a.png"/>a'),
    div('<img src="data:image/svg+xml;base64,QQ=="/>a'),
    div('<p src="data:image/png;base64,QQ==">a</p>'),
    `${'<div xmlns="http://www.w3.org/1999/xhtml">'}${'<b>'.repeat(100)}a${'</b>'.repeat(100)}</div>`
  ]) {
    t.notOk(isNarrative(text), text)
  }
})

t.test('a megabyte of narrative is read in proportion, whatever it holds', async t => {
  for (const part of ['a', '&amp;', '<b>a</b>', '<!---->', '<b class="a" ', '-', '<', '"']) {
    const content = part.repeat(Math.floor(1_000_000 / part.length))
    t.equal(isNarrative(div(content)), ['a', '&amp;', '<b>a</b>', '-', '"'].includes(part), part)
  }
})

t.test('whatever a narrative holds, it is judged', async t => {
  const parts = fc.constantFrom(
    '<',
    '>',
    '/',
    'b',
    'div',
    ' ',
    '=',
    '"',
    '&',
    ';',
    '#',
    '!--',
    '--',
    'a',
    '<b>',
    '</b>'
  )
  const texts = fc.array(parts).map(all => div(all.join('')))
  t.doesNotThrow(() => fc.assert(fc.property(texts, text => typeof isNarrative(text) === 'boolean')))
})
