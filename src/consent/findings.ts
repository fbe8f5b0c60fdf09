import { catalogue, type RefusalKey } from '../outcome/catalogue.ts'
import type { Bilingual, Issue } from '../outcome/issue.ts'
import { Refusal } from '../outcome/refusal.ts'

interface Rule {
  readonly key: RefusalKey
  readonly ja: string
  readonly en: string
  readonly fix?: Bilingual
}

/** What our profile of PCF Advanced asks of a Consent (contract §7), and which refusal says so. */
const rules = {
  'profile-consent-provision-missing': {
    key: 'consent-blanket',
    ja: '何をだれに許すのかが書かれていません。',
    en: 'It does not say what is permitted or denied to whom.'
  },
  'profile-consent-recipient-missing': {
    key: 'consent-blanket',
    ja: '受け手がありません。',
    en: 'There is no recipient.'
  },
  'profile-consent-purpose-missing': { key: 'consent-blanket', ja: '目的がありません。', en: 'There is no purpose.' },
  'profile-consent-kind-missing': {
    key: 'consent-blanket',
    ja: '文書の種類がありません。',
    en: 'There is no kind of document.'
  },
  'profile-consent-label-missing': {
    key: 'consent-blanket',
    ja: '項目の区分も項目もありません。',
    en: 'No class and no item is named.'
  },
  'profile-consent-end-missing': { key: 'consent-blanket', ja: '終わりの日がありません。', en: 'There is no end.' },
  'profile-consent-period': {
    key: 'consent-period',
    ja: '期間が正しくありません。',
    en: 'The period does not hold.',
    fix: {
      ja: '始まりは終わりより前、終わりは未来で、同意全体の期間と重なるようにしてください。',
      en: 'Start before end, end in the future, and overlap the period of the whole consent.'
    }
  },
  'profile-consent-recipient': {
    key: 'recipient-unknown',
    ja: '受け手がこのケースにいません。',
    en: 'The recipient is not a member of this case.'
  },
  'profile-consent-element': {
    key: 'profile-invalid',
    ja: 'この要素は判断に使われないので、書けません。',
    en: 'This element would not be obeyed, so it may not be there.',
    fix: { ja: 'この要素を除いてください。', en: 'Leave this element out.' }
  },
  'profile-consent-structure': {
    key: 'profile-invalid',
    ja: 'ここは配列でなければなりません。',
    en: 'This must be an array.'
  },
  'profile-consent-status': {
    key: 'profile-invalid',
    ja: 'status は active でなければなりません。',
    en: 'The status must be active.'
  },
  'profile-consent-scope': {
    key: 'profile-invalid',
    ja: 'scope は consentscope の patient-privacy でなければなりません。',
    en: 'The scope must be patient-privacy of consentscope.'
  },
  'profile-consent-category': {
    key: 'profile-invalid',
    ja: 'category に LOINC 64292-6 が必要です。',
    en: 'A category must be LOINC 64292-6.'
  },
  'profile-consent-subject': {
    key: 'profile-invalid',
    ja: 'このケースの本人の本人識別子でなければなりません。',
    en: 'This must be the subject identifier of the worker of this case.'
  },
  'profile-consent-time': {
    key: 'profile-invalid',
    ja: 'dateTime に同意した日時が必要です。',
    en: 'dateTime must say when the consent was given.'
  },
  'profile-consent-organization': {
    key: 'profile-invalid',
    ja: 'organization に、情報を出す側の組織(このケースの参加者)を一つ書いてください。',
    en: 'organization must name the one disclosing organisation, a party to this case.'
  },
  'profile-consent-source': {
    key: 'profile-invalid',
    ja: '示した文面の版(sourceAttachment.title)か、書面(sourceReference)のどちらか一つが必要です。',
    en: 'Either the version of the text shown (sourceAttachment.title) or the paper (sourceReference) is needed.'
  },
  'profile-consent-policy': {
    key: 'profile-invalid',
    ja: 'policy.uri はこのゲートウェイの方針でなければなりません。',
    en: 'policy.uri must be the policy of this gateway.'
  },
  'profile-consent-root': {
    key: 'profile-invalid',
    ja: '同意全体の type は deny でなければなりません。',
    en: 'The root provision must be of type deny.'
  },
  'profile-consent-type': {
    key: 'profile-invalid',
    ja: 'type は permit か deny でなければなりません。',
    en: 'The type must be permit or deny.'
  },
  'profile-consent-actor': {
    key: 'profile-invalid',
    ja: 'actor.role は v3-ParticipationType の IRCP でなければなりません。',
    en: 'actor.role must be IRCP of v3-ParticipationType.'
  },
  'profile-consent-kind': {
    key: 'profile-invalid',
    ja: '文書の種類が分かりません。',
    en: 'The kind of document is not known.'
  },
  'profile-consent-purpose': { key: 'profile-invalid', ja: '目的が分かりません。', en: 'The purpose is not known.' },
  'profile-consent-label': {
    key: 'profile-invalid',
    ja: 'この種類の文書に、この区分または項目はありません。',
    en: 'Documents of this kind have no such class or item.'
  },
  'profile-consent-withholding': {
    key: 'profile-invalid',
    ja: 'withholding は marked か silent でなければなりません。',
    en: 'withholding must be marked or silent.'
  },
  'profile-consent-custody': {
    key: 'profile-invalid',
    ja: '預入の同意は、運営者だけを受け手とする許可で、開示の目的や項目を含めません。',
    en: 'A custody consent is a permit to the operator alone, without other purposes and without labels.'
  },
  'profile-consent-replaces': {
    key: 'profile-invalid',
    ja: '置き換える同意がこのケースにありません。',
    en: 'The consent to be replaced is not one of this case.'
  },
  'profile-consent-recorded-by': {
    key: 'profile-invalid',
    ja: '書面の同意は、受け手ではなく、情報を出す側だけが記録できます。',
    en: 'A paper consent is recorded by the disclosing side alone, never by a recipient.'
  }
} as const satisfies Readonly<Record<string, Rule>>

export type RuleKey = keyof typeof rules

/** What is worst is what the refusal is called; the issues name everything. */
const order: readonly RefusalKey[] = ['consent-blanket', 'consent-period', 'recipient-unknown', 'profile-invalid']

const maxIssues = 1000

/** Collects what is wrong, so that the caller learns all of it at once; of one body no more than 1,000 issues. */
export class Findings {
  readonly #issues: Issue[] = []
  readonly #keys = new Set<RefusalKey>()

  /** @param expression FHIRPath expression from the root of the resource */
  add(rule: RuleKey, expression: string): void {
    const { key, ja, en, fix = catalogue[key].fix }: Rule = rules[rule]
    this.#keys.add(key)
    if (this.#issues.length === maxIssues || this.#has(rule, expression)) return
    this.#issues.push({ severity: 'error', code: catalogue[key].issue, rule, expression, text: { ja, en }, fix })
  }

  #has(rule: string, expression: string): boolean {
    return this.#issues.some(each => each.rule === rule && each.expression === expression)
  }

  /** @throws Refusal if anything was found */
  refuse(): void {
    const key = order.find(each => this.#keys.has(each))
    if (key) throw new Refusal(key, { at: this.#issues.map(({ expression }) => expression), issues: this.#issues })
  }
}
