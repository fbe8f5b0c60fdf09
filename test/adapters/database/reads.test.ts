import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { openSqlite } from '../../../src/adapters/database/sqlite/open.ts'
import { openSqliteStore } from '../../../src/adapters/database/sqlite/store.ts'
import { as, type CaseId } from '../../../src/document/ids.ts'
import type { Guard } from '../../../src/record/ports.ts'
import { caseAt, preparedRecord, preparedSet } from '../../contracts/sets.ts'

const noBytes = new Uint8Array()

/** A store whose sealed columns are plain JSON, and every query that is asked of it. */
async function openStore(t: Test, unseal = async (sealed: Uint8Array): Promise<Uint8Array> => sealed) {
  const file = join(t.testdir(), 'gateway.db')
  const queries = new Set<string>()
  const connections: DatabaseSync[] = []
  const store = await openSqliteStore(file, path => {
    const connection = openSqlite(path)
    const prepare = connection.prepare.bind(connection)
    connection.prepare = text => {
      queries.add(text)
      return prepare(text)
    }
    connections.push(connection)
    return connection
  })
  const reads = await store.reads(
    (_key, _context, sealed) => unseal(sealed),
    async () => ({ key: noBytes, event: noBytes })
  )
  return { file, store, reads, queries, connections }
}

const sealed = (value: unknown) => Buffer.from(JSON.stringify(value))

const openedCase = (guards: readonly Guard[] = [caseAt('case', 0, true)]) =>
  preparedSet({
    guards,
    rows: [
      {
        table: 'caseFile',
        rows: [{ id: 'case', identifier: 'number', kind: 'return', openedBy: 'employer', sealed: sealed({}), at: 1 }]
      },
      { table: 'caseEvent', rows: [{ case: 'case', version: 1, state: 'requested', cause: 'case-open', at: 1 }] },
      {
        table: 'member',
        rows: [
          { case: 'case', organization: 'employer', side: 'employer', subject: 'e-1', sealed: sealed({}), at: 1 },
          { case: 'case', organization: 'hospital', side: 'hospital', subject: 'h-1', sealed: sealed({}), at: 2 }
        ]
      }
    ]
  })

const consentVersion = (version: number, status: string, on: number) =>
  preparedSet({
    guards: [caseAt('case', on, true)],
    rows: [
      {
        table: 'consent',
        rows: [
          { id: 'consent', version, case: 'case', status, sealed: sealed({ facts: { id: 'consent', status } }), at: 3 }
        ]
      }
    ]
  })

t.test('a case is as it was last written, by this process or another', async t => {
  const { file, store, reads } = await openStore(t)
  t.teardown(() => store.close())
  t.equal(await reads.cases.byId(as('case')), undefined)
  await store.log.commit(openedCase())
  const opened = await reads.cases.byId(as('case'))
  t.match(opened, { version: 1, state: 'requested', isWorkerConfirmed: false, consents: [] })
  t.equal(await reads.cases.byIdentifier('number'), opened, 'kept while the version stands')
  t.equal(await reads.cases.bySubject(as('hospital'), 'h-1'), 'case')
  t.equal(await reads.cases.bySubject(as('employer'), 'h-1'), undefined, "another side's number")

  const other = await openSqliteStore(file)
  await other.log.commit(consentVersion(1, 'active', 1))
  t.match(await reads.cases.byId(as('case')), { version: 2, consents: [{ status: 'active' }] })
  await other.log.commit(consentVersion(2, 'inactive', 2))
  await other.close()
  t.match(await reads.cases.byId(as('case')), { version: 3, consents: [{ status: 'inactive' }] }, 'newest version only')
})

t.test('what was added about clients is found, though the clock of whoever added it is hours behind', async t => {
  const { file, store, reads } = await openStore(t)
  t.teardown(() => store.close())
  const hour = 3_600_000
  const client = (id: string, version: number, scope: string, at: number) => ({
    client: id,
    version,
    organization: 'org',
    party: 'party',
    role: 'hospital',
    body: JSON.stringify({ scope: [scope], purposes: [], jwks: { keys: [] }, signingKeys: { keys: [] } }),
    disabled: 0,
    at
  })
  const organization = { id: 'org', identifierSystem: 'urn:x', identifierValue: '1', name: '架空', at: 0 }
  const added = (...rows: readonly ReturnType<typeof client>[]) =>
    preparedSet({
      rows: [
        { table: 'organization', rows: rows[0]!.version === 1 && rows[0]!.client === 'a' ? [organization] : [] },
        { table: 'partner', rows }
      ]
    })
  await store.log.commit(added(client('a', 1, 'one', 9 * hour)))
  await reads.partners.refresh()
  const first = reads.partners.all()
  t.match(first, [{ clientId: 'a', scope: ['one'], organizationName: '架空' }])
  await reads.partners.refresh()
  t.equal(reads.partners.all(), first, 'the same list as long as nothing was added')

  const other = await openSqliteStore(file)
  await other.log.commit(added(client('b', 1, 'two', 1 * hour)))
  await other.log.commit(added(client('b', 2, 'three', 1 * hour), client('c', 1, 'four', 9 * hour)))
  await other.close()
  await reads.partners.refresh()
  t.match(reads.partners.all(), [{ clientId: 'a' }, { clientId: 'b', scope: ['three'] }, { clientId: 'c' }])
  t.equal(reads.partners.version(as('b')), 2)
  t.equal(reads.partners.byClient(as('a')), first[0], 'who did not change is the same as before')
})

t.test('a case that is written while it is read is read again', async t => {
  let meanwhile: (() => Promise<unknown>) | undefined
  const { store, reads } = await openStore(t, async bytes => {
    const write = meanwhile
    meanwhile = undefined
    await write?.()
    return bytes
  })
  t.teardown(() => store.close())
  await store.log.commit(openedCase())
  await store.log.commit(consentVersion(1, 'active', 1))
  meanwhile = () => store.log.commit(consentVersion(2, 'inactive', 2))
  t.match(await reads.cases.byId(as('case')), { version: 3, consents: [{ status: 'inactive' }] })
})

t.test('the log is read newest first, an organisation by what it was party to', async t => {
  const { store, reads } = await openStore(t)
  t.teardown(() => store.close())
  for (const [id, organization] of [
    ['a', 'hospital'],
    ['b', 'employer'],
    ['c', 'hospital'],
    ['d', 'hospital']
  ] as const)
    await store.log.commit(preparedSet({ records: [preparedRecord(id, [organization])] }))
  const all = { case: undefined, act: undefined, outcome: undefined, from: undefined, until: undefined }
  const idsOf = async (filter: object, page = {}) => {
    const found = await reads.audit.search(
      { organization: as('hospital'), ...all, ...filter },
      { beforeLeaf: undefined, limit: 2, ...page }
    )
    return found.map(({ id }) => id)
  }
  t.same(await idsOf({}), ['d', 'c'])
  t.same(await idsOf({}, { beforeLeaf: 2 }), ['a'])
  t.same(await idsOf({ case: as('case') }), ['d', 'c'])
  t.same(await idsOf({ case: as('other') }), [])
  t.same(await idsOf({ act: 'notify' }), [])
  t.same(await idsOf({ from: 2 }), [])
  t.same(await idsOf({ from: 1, until: 2 }), ['d', 'c'])
  t.same(await idsOf({ organization: undefined, case: as('case') }), ['d', 'c'])
  t.equal(await reads.audit.isParty(as('hospital'), 1), false)
})

t.test('each recipient is served its oldest waiting delivery', async t => {
  const { store, reads } = await openStore(t)
  t.teardown(() => store.close())
  const row = (id: string, party: string, state: string, dueAt: number) => ({
    ...{ id, party, purpose: 'support-consideration', topic: 'document-available', case: 'case' },
    ...{ document: 'document', target: id, state, tries: 0, dueAt, at: 1 }
  })
  await store.log.note([
    {
      table: 'outbox',
      rows: [
        row('1', 'hr', 'notified', 1),
        row('2', 'hr', 'waiting', 50),
        row('3', 'hr', 'waiting', 1),
        row('4', 'ohp', 'waiting', 5),
        row('5', 'ohp', 'building', 1),
        { ...row('6', '', 'turning', 20), document: '' },
        { ...row('7', '', 'turning', 80), document: '' },
        { ...row('8', '', 'turning', 10), document: '' }
      ]
    }
  ])
  const due = async (now: number) => (await reads.outbox.due(now, 10)).map(({ id }) => id)
  t.same(await due(10), ['4'], 'a later one does not overtake one that waits for its next try')
  t.same(await due(60), ['2', '4'])
  t.same(
    (await reads.outbox.building(10, 10)).map(({ id }) => id),
    ['5']
  )
  t.same(await reads.outbox.building(0, 10), [], 'nor does one whose next try is to come')
  t.same(
    (await reads.outbox.turning(20, 10)).map(({ id }) => id),
    ['8', '6']
  )
  t.same(
    (await reads.outbox.undelivered(as('case'))).map(({ id }) => id),
    ['2', '3', '4', '5']
  )
  t.match(await reads.outbox.ofTarget('3'), { id: '3', state: 'waiting' })
  t.equal(await reads.outbox.number(row('3', 'hr', 'waiting', 1)), 3)
  t.same(await reads.outbox.states(as('document')), [
    { party: 'hr', state: 'waiting' },
    { party: 'ohp', state: 'building' }
  ])
})

t.test('no query reads a table from end to end, however much is stored', async t => {
  const { file, store, reads, queries } = await openStore(t)
  t.teardown(() => store.close())
  await store.log.commit(openedCase())
  const nothing = { case: undefined, act: undefined, outcome: undefined, from: undefined, until: undefined }
  const everything = { case: as<CaseId>('case'), act: 'decide', outcome: '0', from: 0, until: 9 }
  const place = { beforeLeaf: 9, limit: 9 }
  queries.clear()
  const { cases, documents, consents, audit, outbox, answers } = reads
  await Promise.allSettled([
    store.wraps.keyWrap('x'),
    store.ping(),
    cases.byId(as('case')),
    cases.byIdentifier('x'),
    cases.bySubject(as('x'), 'x'),
    cases.ofOrganization(as('x'), { after: 'x', limit: 9 }),
    cases.person(as('x')),
    cases.invitation('x'),
    cases.receptionCode(as('x')),
    cases.draft(as('x'), 'work-information'),
    documents.document(as('x')),
    documents.documentBytes(as('x')),
    documents.verification(as('x')),
    documents.ofCase(as('x')),
    documents.view(as('x')),
    documents.viewBytes(as('x')),
    documents.newestView(as('x'), as('x'), 'billing-provision'),
    documents.byIdentifierMac('x'),
    documents.bytesMac(as('x')),
    documents.statements(as('x')),
    documents.findings('x', { case: as('x'), kind: 'inquiry' }, { after: 'x', limit: 9 }),
    documents.findings('x', {}, { after: undefined, limit: 9 }),
    consents.consent(as('x')),
    consents.consentsOf(as('x')),
    audit.record('x'),
    audit.recordOf(as('x'), 'decide'),
    audit.isParty(as('x'), 1),
    audit.search({ organization: as('x'), ...nothing }, { beforeLeaf: undefined, limit: 9 }),
    audit.search({ organization: as('x'), ...everything }, place),
    audit.search({ organization: undefined, ...everything }, place),
    audit.head(),
    audit.nodes([{ level: 0, index: 0 }]),
    outbox.due(1, 9),
    outbox.building(1, 9),
    outbox.turning(1, 9),
    outbox.undelivered(as('x')),
    outbox.ofTarget('x'),
    outbox.number({ party: 'x', id: 'x' } as Parameters<typeof outbox.number>[0]),
    outbox.states(as('x')),
    answers.answer('x'),
    reads.revocations.revoked(1, { after: 'x', limit: 9 }),
    reads.expiries.once(1, 9),
    reads.expiries.answers(1, 9)
  ])
  const database = new DatabaseSync(file, { readOnly: true })
  t.teardown(() => database.close())
  t.ok(queries.size > 35, `${queries.size} queries`)
  // the small indexes over what waits, and the one row of the head
  const mayScan = /^SCAN (logHead|(first|outbox) USING (COVERING )?INDEX outbox(Waiting|Building))$/u
  for (const query of queries) {
    const plan = database.prepare(`explain query plan ${query}`).all() as { detail: string }[]
    const scans = plan.filter(({ detail }) => detail.startsWith('SCAN') && !mayScan.test(detail))
    const isUnsorted = plan.some(({ detail }) => /USE TEMP B-TREE FOR/u.test(detail))
    if (scans.length > 0) t.fail(`${scans[0]!.detail}: ${query}`)
    // few rows may be put in order: members of a case, statements of a document, views of one recipient
    if (isUnsorted && !/from "(member|statement|view)"/u.test(query)) t.fail(`sorts: ${query}`)
  }
})

t.test('a store that cannot be read is store-unavailable', async t => {
  const { store, reads, connections } = await openStore(t)
  await store.log.close()
  connections[0]!.close()
  const error = await reads.audit.head().then(
    () => undefined,
    error => error
  )
  t.match(error, { key: 'store-unavailable', entry: { status: 503 } })
})

t.test('every connection waits for the disk before a commit is answered', async t => {
  const { store, connections } = await openStore(t)
  t.teardown(() => store.close())
  for (const connection of connections) {
    t.same({ ...connection.prepare('pragma synchronous').get() }, { synchronous: 2 }, 'FULL')
    t.same({ ...connection.prepare('pragma journal_mode').get() }, { journal_mode: 'wal' })
  }
})
