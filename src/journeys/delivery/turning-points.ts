import type { ConsentFacts } from '../../document/consent.ts'
import { as, type CaseId } from '../../document/ids.ts'
import type { Working } from '../../record/ports.ts'
import type { Parts } from '../parts.ts'
import { openingRows } from './opening-rows.ts'

const perRound = 32

/**
 * The moments ahead at which this consent alone changes what is open, because a part of it begins or ends. One row for each in
 * the outbox, named after case and moment, so that however many consents share a moment it is looked at once.
 */
export function turningRows(facts: ConsentFacts, at: number): Working['outbox'][] {
  if (facts.type === 'custody') return []
  const periods = [facts.period, ...facts.provisions.map(provision => provision.period)]
  const ahead = new Set(periods.flatMap(({ start, end }) => [start, end]).filter(moment => moment > at))
  return [...ahead].map(moment => ({
    id: `${facts.case}@${moment}`,
    party: '',
    purpose: '',
    topic: 'turning-point',
    case: facts.case,
    document: '',
    target: '',
    state: 'turning',
    tries: 0,
    dueAt: moment,
    at
  }))
}

/**
 * Opens what the clock alone has opened: a release that begins now, and what is left where one of several has ended. Nobody
 * calls at that moment, and yet the former view answers 404 from then on.
 */
export async function openWhatTurned(parts: Parts): Promise<void> {
  for (;;) {
    const now = parts.now()
    const due = await parts.outbox.turning(now, perRound)
    if (due.length === 0) return
    for (const row of due) {
      const snapshot = (await parts.cases.byId(as<CaseId>(row.case)))!
      const openings = await openingRows(parts, snapshot, snapshot.consents, now)
      await parts.record.log.note([{ table: 'outbox', rows: [...openings, { ...row, state: 'turned' }] }])
    }
  }
}
