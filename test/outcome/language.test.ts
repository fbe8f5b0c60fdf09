import t from 'tap'
import { languageOf } from '../../src/outcome/language.ts'

const cases: readonly (readonly [string | undefined, 'ja' | 'en'])[] = [
  [undefined, 'ja'],
  ['', 'ja'],
  ['en', 'en'],
  ['EN-gb', 'en'],
  ['en-US,en;q=0.9,ja;q=0.8', 'en'],
  ['ja,en-US;q=0.9', 'ja'],
  ['en;q=0.5, ja;q=0.7', 'ja'],
  ['fr', 'ja'],
  ['*', 'ja'],
  ['en;q=0', 'ja'],
  ['*;q=0.1, en', 'en'],
  ['ja;q=0, *', 'en'],
  ['en;q=2', 'ja'],
  ['nonsense;;', 'ja']
]

for (const [header, language] of cases) {
  t.test(`answers in ${language} to Accept-Language: ${header}`, async t => {
    t.equal(languageOf(header), language)
  })
}
