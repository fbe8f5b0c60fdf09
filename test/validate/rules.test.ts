import t from 'tap'
import { validationRules } from '../../src/validate/rules.ts'

const families = /^(?:r4|binding|profile|id|advise)-[a-z0-9]+(?:-[a-z0-9]+)*$/

t.test('every sentence has a key of its family and says in two languages what is wrong and what to do', async t => {
  for (const { key, code, text, fix } of validationRules) {
    t.match(key, families)
    t.match(code, /^[a-z]+(?:-[a-z]+)*$/)
    for (const { ja, en } of [text, fix]) {
      t.match(ja, /[ぁ-んァ-ヶ一-龠].*。$/u, key)
      t.match(en, /^[A-Z][\x20-\x7e]+\.$/, key)
    }
  }
})

t.test('no two rules say the same under one key', async t => {
  const sentences = validationRules.map(({ key, text, fix }) => JSON.stringify([key, text, fix]))
  const twice = sentences.filter((each, at) => sentences.indexOf(each) !== at)
  t.strictSame(twice, [])
})
