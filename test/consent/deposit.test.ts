import t from 'tap'
import { type DepositQuestion, decideDeposit } from '../../src/consent/deposit.ts'
import type { Member } from '../../src/document/case.ts'
import type { ConsentFacts, Provision } from '../../src/document/consent.ts'
import { as, type CaseId, type ConsentId, type OrganizationId, type PartyId } from '../../src/document/ids.ts'
import { kinds } from '../../src/document/kinds.ts'
import { Refusal } from '../../src/outcome/refusal.ts'

const hospital = as<OrganizationId>('hospital')
const member: Member = { organization: hospital, side: 'hospital', subject: 's', joinedAt: 0 }
const question: DepositQuestion = {
  kind: kinds['opinion-return'],
  author: { organization: hospital, role: 'hospital' },
  at: 500,
  case: { id: as<CaseId>('case'), members: [member] }
}
const keeping: Provision = {
  type: 'permit',
  period: { start: 0, end: 1000 },
  kinds: [],
  actors: [as<PartyId>('operator')],
  purposes: ['custody'],
  labels: [],
  withholding: 'marked'
}
const custody: ConsentFacts = {
  id: as<ConsentId>('c2'),
  case: as<CaseId>('case'),
  type: 'custody',
  status: 'active',
  discloser: undefined,
  period: { start: 0, end: 1000 },
  provisions: [keeping],
  replaces: undefined,
  endedAt: undefined
}

function keyOf(call: () => unknown): string | undefined {
  try {
    call()
    return undefined
  } catch (error) {
    return error instanceof Refusal ? error.key : String(error)
  }
}

t.test('custody lets an author deposit, and the first of several is named', async t => {
  t.equal(decideDeposit(question, [custody]), 'c2')
  t.equal(decideDeposit(question, [custody, { ...custody, id: as<ConsentId>('c1') }]), 'c1')
  t.equal(decideDeposit(question, [{ ...custody, provisions: [{ ...keeping, kinds: ['opinion-return'] }] }]), 'c2')
})

t.test('refuses a deposit without custody that runs', async t => {
  const without: readonly (readonly [string, Partial<ConsentFacts>])[] = [
    ['a release', { type: 'release' }],
    ['of another case', { case: as<CaseId>('other') }],
    ['withdrawn', { status: 'inactive' }],
    ['ended at this moment', { endedAt: 500 }],
    ['expired', { period: { start: 0, end: 500 } }],
    ['not begun', { period: { start: 501, end: 1000 } }],
    ['its provision expired', { provisions: [{ ...keeping, period: { start: 0, end: 500 } }] }],
    ['a deny', { provisions: [{ ...keeping, type: 'deny' }] }],
    ['for another purpose', { provisions: [{ ...keeping, purposes: ['inquiry'] }] }],
    ['of another kind', { provisions: [{ ...keeping, kinds: ['support-plan'] }] }]
  ]
  t.equal(
    keyOf(() => decideDeposit(question, [])),
    'custody-missing'
  )
  for (const [title, change] of without) {
    t.equal(
      keyOf(() => decideDeposit(question, [{ ...custody, ...change }])),
      'custody-missing',
      title
    )
  }
})

t.test('refuses an author of the wrong role before it says anything about the case', async t => {
  const author = { organization: hospital, role: 'employer-hr' } as const
  t.equal(
    keyOf(() => decideDeposit({ ...question, author, case: undefined }, [custody])),
    'role-not-allowed'
  )
})

t.test('a case that is not there and one not joined are the same to an author', async t => {
  const author = { ...question.author, organization: as<OrganizationId>('elsewhere') }
  t.equal(
    keyOf(() => decideDeposit({ ...question, author }, [custody])),
    'case-unknown'
  )
  t.equal(
    keyOf(() => decideDeposit({ ...question, case: undefined }, [custody])),
    'case-unknown'
  )
})
