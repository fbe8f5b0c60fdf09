import t from 'tap'
import type { Caller } from '../../../src/document/caller.ts'
import { admit } from '../../../src/journeys/access/admit.ts'
import type { Row } from '../../../src/journeys/access/who-may-call.ts'
import { decideAgain } from '../../../src/journeys/decide-again.ts'
import { Refusal } from '../../../src/outcome/refusal.ts'
import { callerOf } from './setting.ts'

const open: Row = { scope: 'system/DocumentReference.rs', may: { 'employer-hr': 'own', hospital: 'own' } }
const access: Row = { ...open, health: true }

function refusalOf(caller: Partial<Caller>, asked: Row = access): string | undefined {
  try {
    admit(asked, callerOf(caller))
    return undefined
  } catch (error) {
    return (error as Refusal).key
  }
}

t.test('lets in who has scope, role and, to read health information, purpose and person', t => {
  t.equal(refusalOf({}), undefined)
  t.equal(refusalOf({ scopes: new Set() }), 'insufficient-scope')
  t.equal(refusalOf({ scopes: new Set(['system/DocumentReference.r']) }), 'insufficient-scope')
  t.equal(refusalOf({ clientRole: 'supervisor' }), 'role-not-allowed')
  t.equal(refusalOf({ purpose: undefined }), 'acting-ambiguous')
  t.equal(refusalOf({ person: undefined }), 'person-missing')
  t.end()
})

t.test('asks only employers for the person, and only where health information is read', t => {
  t.equal(refusalOf({ clientRole: 'hospital', side: 'hospital', person: undefined, purpose: undefined }), undefined)
  t.equal(refusalOf({ person: undefined, purpose: undefined }, open), undefined)
  t.end()
})

t.test('says first what is wrong with the scope, then with the role, then who is missing', t => {
  const nobody = { scopes: new Set<string>(), clientRole: 'supervisor', purpose: undefined, person: undefined } as const
  t.equal(refusalOf(nobody), 'insufficient-scope')
  const { scopes: _, ...scoped } = nobody
  t.equal(refusalOf(scoped), 'role-not-allowed')
  t.end()
})

t.test('a decision that was outrun is made again, and told after some rounds', async t => {
  let rounds = 0
  const outrunUntil = (round: number) => async () => {
    rounds++
    if (rounds < round) throw new Refusal('decision-changed')
    return rounds
  }
  t.equal(await decideAgain(outrunUntil(3)), 3)
  rounds = 0
  await t.rejects(decideAgain(outrunUntil(Number.POSITIVE_INFINITY)), Refusal)
  t.ok(rounds > 3 && rounds < 20)
})

t.test('no other refusal or defect is tried again', async t => {
  for (const error of [new Refusal('case-state'), new Refusal('store-unavailable'), new TypeError('ours')]) {
    let rounds = 0
    const failing = async () => {
      rounds++
      throw error
    }
    t.equal(await decideAgain(failing).catch((thrown: unknown) => thrown), error)
    t.equal(rounds, 1)
  }
})
