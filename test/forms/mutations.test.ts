import fc from 'fast-check'
import t from 'tap'
import { loadEngines } from '../../src/forms/load-engines.ts'
import { responsesOfAnyForm } from '../sizes.ts'
import { anyForm, compiled, validResponse } from './any-form.ts'
import type { Draw } from './any-question.ts'
import { amongOthers, caseOf, mutations } from './mutations.ts'

const engines = await loadEngines()

function drawFrom(g: fc.GeneratorValue): Draw {
  const below = (limit: number) => g(fc.nat, limit - 1)
  return { below, pick: list => list[below(list.length)]!, chance: percent => below(100) < percent }
}

/** To shrink each draw by itself takes minutes; the message tells the rule and the places. */
const runs = { numRuns: responsesOfAnyForm, endOnFailure: true, seed: 2026 }

t.test('what a form allows passes without a doubt, and each break of a rule is found at its place, alone', async t => {
  const exercised = new Map(Object.keys({ ...mutations, ...amongOthers }).map(name => [name, 0]))
  fc.assert(
    fc.property(fc.gen(), g => {
      const draw = drawFrom(g)
      const form = anyForm(draw)
      const { check } = compiled(form, engines)
      const found = (response: Parameters<typeof check>[0]) =>
        check(response, { root: 'R' }).map(({ severity, rule, expression }) => `${severity[0]} ${rule} ${expression}`)
      const valid = validResponse(form, draw)
      if (found(valid).length > 0) throw new Error(`a valid response: ${found(valid).join(', ')}`)
      for (const [name, mutate] of Object.entries({ ...mutations, ...amongOthers })) {
        const given = caseOf(form, valid, draw)
        const expected = mutate(given)
        if (!expected) continue
        exercised.set(name, exercised.get(name)! + 1)
        const actual = found(given.response)
        if (name in mutations ? actual.join() === expected.join() : expected.every(each => actual.includes(each)))
          continue
        throw new Error(`${name}: ${expected.join()} expected, ${actual.join() || 'nothing'} found`)
      }
    }),
    runs
  )
  for (const [name, count] of exercised) t.ok(count >= responsesOfAnyForm / 50, `${name}: ${count} times`)
})
