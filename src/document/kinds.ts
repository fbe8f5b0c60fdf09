import type { Kind, KindCode } from './kind.ts'
import { inquiry } from './kinds/inquiry.ts'
import { inquiryAnswer } from './kinds/inquiry-answer.ts'
import { ohpOpinion } from './kinds/ohp-opinion.ts'
import { opinionContinuation } from './kinds/opinion-continuation.ts'
import { opinionReturn } from './kinds/opinion-return.ts'
import { supportCard } from './kinds/support-card.ts'
import { supportPlan } from './kinds/support-plan.ts'
import { workInformation } from './kinds/work-information.ts'

/** Every kind of document that the gateway carries, by its code. A new kind is a file in `kinds/` and a line here. */
export const kinds: Readonly<Record<KindCode, Kind>> = {
  'work-information': workInformation,
  'opinion-continuation': opinionContinuation,
  'opinion-return': opinionReturn,
  'support-card': supportCard,
  'support-plan': supportPlan,
  'ohp-opinion': ohpOpinion,
  inquiry,
  'inquiry-answer': inquiryAnswer
}

/** @returns the kind of that code, undefined if there is none */
export function kindOf(code: string): Kind | undefined {
  return Object.hasOwn(kinds, code) ? kinds[code as KindCode] : undefined
}
