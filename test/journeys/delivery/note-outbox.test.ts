import t from 'tap'
import { noteOutbox } from '../../../src/journeys/delivery/note-outbox.ts'
import type { Parts } from '../../../src/journeys/parts.ts'
import type { Working } from '../../../src/record/ports.ts'
import { recordSetting } from '../../record/setting.ts'

const waiting: Working['outbox'] = {
  id: '1',
  party: 'hr',
  purpose: 'support-consideration',
  topic: 'document-available',
  case: 'case',
  document: 'document',
  target: 'view',
  state: 'waiting',
  tries: 0,
  dueAt: 1,
  at: 1
}

t.test('a document that was read, or stopped, while its webhook was on the way stays so', async t => {
  const { reads, parts: record } = await recordSetting(t)
  const parts = { record } as Pick<Parts, 'record'>
  for (const state of ['retrieved', 'stopped']) {
    await record.log.note([{ table: 'outbox', rows: [{ ...waiting, state }] }])
    await noteOutbox(parts, waiting, { state: 'notified', tries: 1 })
    await noteOutbox(parts, waiting, { dueAt: 99, tries: 1 })
    t.match(await reads.outbox.ofTarget('view'), { state, tries: 0, dueAt: 1 })
  }
})

t.test('otherwise what became of it is noted', async t => {
  const { reads, parts: record } = await recordSetting(t)
  await record.log.note([{ table: 'outbox', rows: [waiting] }])
  await noteOutbox({ record }, waiting, { dueAt: 99, tries: 1 })
  t.match(await reads.outbox.ofTarget('view'), { state: 'waiting', tries: 1, dueAt: 99 })
  await noteOutbox({ record }, waiting, { state: 'notified', tries: 2 })
  t.match(await reads.outbox.ofTarget('view'), { state: 'notified', tries: 2 })
})
