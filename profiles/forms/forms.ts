import type { Form } from './form.ts'
import { inquiry } from './inquiry.ts'
import { inquiryAnswer } from './inquiry-answer.ts'
import { ohpOpinion } from './ohp-opinion.ts'
import { opinionContinuation } from './opinion-continuation.ts'
import { opinionReturn } from './opinion-return.ts'
import { supportCard } from './support-card.ts'
import { supportPlan } from './support-plan.ts'
import { workInformation } from './work-information.ts'

/** Every form there is. A new form is a file beside these and a line here. */
export const forms: readonly Form[] = [
  workInformation,
  opinionContinuation,
  opinionReturn,
  supportCard,
  supportPlan,
  ohpOpinion,
  inquiry,
  inquiryAnswer
]
