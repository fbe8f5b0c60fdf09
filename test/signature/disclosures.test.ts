import { randomBytes } from 'node:crypto'
import t from 'tap'
import { cases } from '../../fixtures/cases/cases.ts'
import { type FixtureFile, filesOf } from '../../fixtures/documents.ts'
import { keyOf, signingKeys } from '../../fixtures/test-keys.ts'
import {
  composeDisclosures,
  type Disclosable,
  disclosableType,
  requireDisclosures
} from '../../src/signature/disclosures.ts'
import { sign } from '../../src/standards/jws.ts'
import {
  disclosureDigest,
  elementDisclosure,
  formatSdJwt,
  openClaims,
  parseSdJwt,
  readDisclosure,
  type SdJwt
} from '../../src/standards/sd-jwt.ts'
import { pass } from '../fixtures/stations.ts'
import { publishedForm } from '../parties/forms.ts'

const key = keyOf(signingKeys, 'hospital-1319999015')
const header = { alg: key.alg, kid: key.kid, typ: disclosableType }

async function disclosable({ bundle, document, case: of }: FixtureFile): Promise<Disclosable> {
  const isOfPhysician = document.by !== 'hr'
  const {
    document: read,
    kind,
    version
  } = await pass(
    Buffer.from(JSON.stringify(bundle)),
    {
      receivedAt: new Date(Date.parse(document.at) + 60_000).toISOString(),
      sender: isOfPhysician
        ? { side: 'hospital', organization: of.hospital.identifier }
        : { side: 'employer', organization: of.employer.identifier }
    },
    { station: 'receive' }
  )
  const slots = publishedForm(kind.code, version).slots(read.response)
  return { document: read, kind: kind.code, slots, when: document.at }
}

function tokenOf(payload: unknown, disclosures: readonly string[]): SdJwt {
  const jws = sign(header, Buffer.from(JSON.stringify(payload)), key.privateKey)
  return parseSdJwt(formatSdJwt(jws, disclosures), { algorithms: ['RS256'] })
}

const all = cases.flatMap(filesOf)

t.test('what is composed for a document holds for it, whichever document it is', async t => {
  for (const file of all) {
    const of = await disclosable(file)
    const { payload, disclosures } = composeDisclosures(of, randomBytes)
    requireDisclosures(tokenOf(payload, disclosures), of)
    const units = of.slots.filter(slot => slot !== undefined)
    t.equal(disclosures.length, units.length + 2, file.path)
    t.equal((payload.item as unknown[]).length, of.slots.length)
    t.equal(new Set(disclosures.map(each => readDisclosure(each).salt)).size, disclosures.length)
  }
})

t.test('nothing in clear identifies the original or tells an answer', async t => {
  for (const file of all) {
    const of = await disclosable(file)
    const { payload } = composeDisclosures(of, randomBytes)
    const clear = JSON.stringify(payload)
    const { document, slots } = of
    const answers = slots.flatMap(slot => slot?.answers ?? []).flatMap(({ valueString }) => valueString ?? [])
    // who wrote the document and when stands in clear, as the contract has it
    const told = JSON.stringify(payload.document)
    for (const secret of [document.identifier.value, document.case, document.subject, ...answers])
      if (!told.includes(`"${secret}"`)) t.notOk(clear.includes(secret), `${file.path} tells nothing of it`)
    t.same(Object.keys(payload), ['iss', 'iat', '_sd_alg', 'document', 'item'])
  }
})

t.test('a part of the disclosures opens exactly that part', async t => {
  const of = await disclosable(all[1]!)
  const { payload, disclosures } = composeDisclosures(of, randomBytes)
  const [, ofCase, ...units] = disclosures
  const shown = units.filter(each => 'answer' in (readDisclosure(each).value as object)).slice(0, 3)
  const opened = openClaims(tokenOf(payload, [ofCase!, ...shown]))
  t.match(opened.document, { case: of.document.case })
  t.notOk('identifier' in (opened.document as object))
  t.same(
    opened.item,
    shown.map(each => readDisclosure(each).value)
  )
})

t.test('any difference between document and disclosures is found', async t => {
  const plan = all.find(({ document }) => document.kind === 'support-plan')!
  const of = await disclosable(plan)
  const { payload, disclosures } = composeDisclosures(of, randomBytes)
  const [identifier = '', ofCase = '', ...units] = disclosures
  const item = payload.item as readonly { '...': string }[]
  const salt = Buffer.alloc(16, 1)
  /** the unit at this place says something else, and the payload knows it */
  const said = (index: number, value: unknown, salted: Uint8Array = salt) => {
    const other = elementDisclosure(salted, value)
    const before = disclosureDigest(units[index]!)
    const digests = item.map(each => (each['...'] === before ? { '...': disclosureDigest(other) } : each))
    return tokenOf({ ...payload, item: digests }, [identifier, ofCase, ...units.with(index, other)])
  }
  const answered = units.findIndex(each => 'answer' in (readDisclosure(each).value as object))
  const value = readDisclosure(units[answered]!).value as { readonly answer: readonly object[] }
  const decoy = of.slots.indexOf(undefined)
  const hidden = elementDisclosure(salt, { linkId: 'sp.more' })
  const cases: Readonly<Record<string, readonly [SdJwt, RegExp]>> = {
    'another answer': [said(answered, { ...value, answer: [{ valueString: 'x' }] }), /^item\[\d+\]$/u],
    'no answer': [said(answered, { ...value, answer: undefined }), /^item\[\d+\]$/u],
    'another question': [said(answered, { ...value, linkId: 'x' }), /^item\[\d+\]$/u],
    'a member more': [said(answered, { ...value, x: 1 }), /^item\[\d+\]$/u],
    'a short salt': [said(answered, value, Buffer.alloc(15, 1)), /^_sd$/u],
    'a unit that is not disclosed': [tokenOf(payload, disclosures.toSpliced(3, 1)), /^item$/u],
    'no identifier': [tokenOf(payload, [ofCase, ...units]), /^document$/u],
    'another case': [
      tokenOf({ ...payload, document: { ...(payload.document as object), case: 'x' } }, [identifier, ...units]),
      /^sdJwt|document$/u
    ],
    'places changed': [tokenOf({ ...payload, item: item.toReversed() }, disclosures), /^item\[\d+\]$/u],
    'a place less': [tokenOf({ ...payload, item: item.toSpliced(decoy, 1) }, disclosures), /^item$/u],
    'a unit in the room for others': [
      tokenOf({ ...payload, item: item.with(decoy, { '...': disclosureDigest(hidden) }) }, [...disclosures, hidden]),
      /^item$/u
    ],
    'a unit in clear': [tokenOf({ ...payload, item: [...item, { linkId: 'x' }] }, disclosures), /^item$/u],
    'another author': [tokenOf({ ...payload, iss: 'urn:oid:1.3.188|1' }, disclosures), /^iss$/u],
    'another time': [tokenOf({ ...payload, iat: 1 }, disclosures), /^iat$/u],
    'a claim more': [tokenOf({ ...payload, sub: 'somebody' }, disclosures), /^sub$/u],
    'not even an SD-JWT': [tokenOf({ ...payload, _sd: [disclosureDigest(units[0]!)] }, disclosures), /^sdJwt$/u]
  }
  t.ok(decoy > 0, 'a plan has room for phases')
  for (const [what, [sdJwt, place]] of Object.entries(cases)) {
    let refusal: unknown
    try {
      requireDisclosures(sdJwt, of)
    } catch (error) {
      refusal = error
    }
    t.match(refusal, { key: 'sd-jwt-mismatch', at: [place] }, what)
  }
  const others = await disclosable(all.find(file => file !== plan && file.document.kind === 'support-plan')!)
  t.throws(() => requireDisclosures(tokenOf(payload, disclosures), others), { name: 'Refusal' })
  requireDisclosures(tokenOf({ ...payload, cnf: { jwk: {} } }, disclosures), of)
})
