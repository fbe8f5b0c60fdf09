import t from 'tap'
import { kinds } from '../../src/document/kinds.ts'
import { defaultSignaturePolicy, isMedicalCertificate, mayDeposit } from '../../src/document/signature-policy.ts'
import {
  type Assurance,
  assuranceOf,
  type PathResult,
  type SignatureResult
} from '../../src/document/signature-result.ts'

const path = (isQualification: boolean, status: 'good' | 'unknown'): PathResult => ({
  certificates: [],
  policies: [],
  roles: [],
  isQualification,
  revocation: { status, checkedAt: 0, evidence: [] }
})
const signature = (assurance: Assurance, of?: PathResult): SignatureResult => ({
  assurance,
  algorithm: 'RS256',
  key: 'k',
  signer: undefined,
  ...(of && { path: of }),
  signedAt: 0,
  verifiedAt: 0,
  digest: ''
})
const card = signature('certificate', path(true, 'good'))

t.test('a signature is qualified by certificate, qualification, revocation and time-stamp together', async t => {
  t.equal(assuranceOf(card, true), 'qualified')
  t.equal(assuranceOf(card, false), 'certificate', 'without a time-stamp')
  t.equal(assuranceOf(signature('certificate', path(true, 'unknown')), true), 'certificate', 'revocation unknown')
  t.equal(assuranceOf(signature('certificate', path(false, 'good')), true), 'certificate', 'no qualification')
  t.equal(assuranceOf(signature('organisation'), true), 'organisation')
  t.equal(assuranceOf(signature('attested'), true), 'attested')
})

t.test('the policy has a row for each slot that is signed for deposit, and no other', async t => {
  const slots = Object.values(kinds)
    .flatMap(({ signatureSlots }) => signatureSlots)
    .filter(({ neededFor }) => neededFor === 'deposit')
  t.same(slots.map(({ slot }) => slot).sort(), Object.keys(defaultSignaturePolicy).sort())
})

t.test('the key of a house deposits an opinion, and only a qualified signature makes it a 診断書', async t => {
  const { 'opinion-continuation': opinion, 'work-information': information, inquiry } = kinds
  const isOne = (of: SignatureResult, isStamped = true) =>
    isMedicalCertificate(opinion, of, isStamped, defaultSignaturePolicy)
  t.ok(mayDeposit(opinion, signature('organisation'), defaultSignaturePolicy))
  t.notOk(mayDeposit(opinion, signature('attested'), defaultSignaturePolicy))
  t.ok(mayDeposit(information, signature('attested'), defaultSignaturePolicy))
  t.ok(mayDeposit(inquiry, signature('attested'), defaultSignaturePolicy), 'nothing is signed there')
  t.ok(isOne(card))
  t.notOk(isOne(card, false))
  t.notOk(isOne(signature('organisation')))
  t.notOk(isMedicalCertificate(information, card, true, defaultSignaturePolicy), 'work information never is one')
})

t.test('an operator may ask for more', async t => {
  const strict = {
    ...defaultSignaturePolicy,
    'oc.sign.physician': { deposit: 'qualified', medicalCertificate: undefined }
  } as const
  const { 'opinion-continuation': opinion } = kinds
  t.notOk(mayDeposit(opinion, signature('organisation'), strict))
  t.notOk(mayDeposit(opinion, signature('certificate', path(true, 'unknown')), strict))
  t.ok(mayDeposit(opinion, card, strict), 'the time-stamp follows the deposit')
  t.notOk(isMedicalCertificate(opinion, card, true, strict), 'never called one')
})
