import t from 'tap'
import { hostile } from './hostile.ts'

for (const { name, cause, act } of hostile) {
  t.test(`${name}: refused for ${cause}`, async t => {
    t.equal(act(), cause)
  })
}
