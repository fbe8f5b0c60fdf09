import type { Act } from '../../src/document/audit-record.ts'
import type { CaseState, CoarseCaseState } from '../../src/document/case-state.ts'
import type { DisclosureClass } from '../../src/document/disclosure-class.ts'
import { kinds } from '../../src/document/kinds.ts'
import type { PurposeCode, RoleCode } from '../../src/document/role.ts'
import type { Assurance } from '../../src/document/signature-result.ts'
import type { TermList } from './term.ts'

type Labels<Code extends string> = Readonly<Record<Code, readonly [ja: string, en: string]>>

function terms(labels: Labels<string>): TermList['terms'] {
  return Object.entries(labels).map(([code, [ja, en]]) => ({ code, ja, en }))
}

const documentKinds: TermList['terms'] = [
  ...Object.values(kinds).map(({ code, title }) => ({ code, ...title })),
  { code: 'consent-paper', ja: '同意書(紙)', en: 'Consent on paper' }
]

const roles: Labels<RoleCode> = {
  worker: ['労働者(=患者)本人', 'Worker (patient)'],
  'hr-staff': ['人事労務担当者', 'Human resources staff'],
  'personnel-authority': [
    '人事に関して直接の権限を持つ監督的地位にある者(社長、役員、人事部門の長)',
    'Person in charge with direct authority over personnel matters (president, officer, head of personnel)'
  ],
  supervisor: ['所属長(管理監督者)、上司', 'Supervisor'],
  ohp: ['産業医', 'Occupational physician'],
  'oh-nurse': ['産業保健師・看護師', 'Occupational health nurse'],
  'general-safety-health-manager': ['総括安全衛生管理者', 'General safety and health manager'],
  'health-manager': ['衛生管理者', 'Health manager'],
  'safety-health-promoter': ['安全衛生推進者', 'Safety and health promoter'],
  'health-promoter': ['衛生推進者', 'Health promoter'],
  'attending-physician': ['主治医', 'Attending physician'],
  'medical-staff': [
    '看護師、社会福祉士(医療ソーシャルワーカー)、精神保健福祉士、公認心理師',
    'Nurse, social worker, psychiatric social worker, certified psychologist'
  ],
  coordinator: ['両立支援コーディネーター', 'Coordinator for balancing treatment and work'],
  'ohs-center': ['産業保健総合支援センター(両立支援促進員)', 'Occupational health support centre'],
  family: ['家族等', 'Family'],
  auditor: ['監査担当者', 'Auditor'],
  operator: ['運用者', 'Operator of the gateway']
}

const purposes: Labels<PurposeCode> = {
  custody: ['本人の保管箱への預入', 'Keeping in the worker’s own box'],
  'support-consideration': ['両立支援の検討', 'Considering support'],
  'return-judgement': ['職場復帰の可否判断', 'Judging the return to work'],
  inquiry: ['追加照会', 'Asking for more information'],
  'billing-provision': ['指導料に係る情報提供', 'Providing information for the guidance fee'],
  'plan-support': ['両立支援プランの作成・実施', 'Making and carrying out the support plan']
}

const classes: Labels<DisclosureClass> = {
  identity: ['氏名・生年月日', 'Name, date of birth'],
  contact: ['住所・電話番号等の連絡先', 'Addresses, telephone numbers'],
  'work-condition': ['職務内容・勤務時間・通勤等', 'Duties, hours, shift, commute, activities'],
  'employment-terms': ['休業・給与・休暇・制度', 'Leave, pay, allowance, annual leave, schemes'],
  'work-fitness': ['就業・復職の可否', 'Whether work or return is possible'],
  'work-restriction': ['就業上の措置と期間', 'Work measures and their period'],
  accommodation: ['治療への配慮', 'Considerations for the treatment'],
  'treatment-schedule': ['通院・休業の予定', 'Planned visits and absences'],
  treatment: ['治療の内容・予定', 'Content and plan of the treatment'],
  diagnosis: ['病名', 'Diagnosis'],
  symptom: ['症状', 'Symptoms'],
  medication: ['薬', 'Medication'],
  'plan-measure': ['プランの内容', 'Content of the plan'],
  remark: ['自由記載', 'Free remarks']
}

/** Fine states, as the worker sees them, then the coarse ones of the organisations; `closed` belongs to both. */
const caseStates: Labels<CaseState | CoarseCaseState> = {
  requested: ['申出', 'Requested by the worker'],
  'work-info-draft': ['勤務情報提供書の作成中', 'Work information being drafted'],
  'work-info-signed': ['勤務情報提供書の署名済み', 'Work information signed'],
  'with-physician': ['主治医が受領', 'With the attending physician'],
  'opinion-draft': ['主治医意見書の作成中', 'Opinion being drafted'],
  'opinion-signed': ['主治医意見書の署名済み', 'Opinion signed'],
  'worker-review': ['本人の確認中', 'Under review by the worker'],
  released: ['本人が提供', 'Released by the worker'],
  'oh-review': ['産業医等の確認中', 'Under review by occupational health'],
  'plan-draft': ['プランの作成中', 'Plan being drafted'],
  'plan-agreed': ['プランの合意', 'Plan agreed'],
  'in-follow-up': ['フォローアップ中', 'In follow-up'],
  closed: ['終了', 'Closed'],
  withdrawn: ['本人による取下げ', 'Withdrawn by the worker'],
  open: ['開始', 'Open'],
  waiting: ['待機中', 'Waiting'],
  received: ['受領', 'Received'],
  plan: ['プラン', 'Plan'],
  'follow-up': ['フォローアップ', 'Follow-up']
}

const signatureAssurances: Labels<Assurance> = {
  attested: ['確認に基づくゲートウェイの署名', 'Signed by the gateway after people confirmed'],
  organisation: ['登録された組織の鍵', 'A key registered for the organisation'],
  certificate: ['信頼する認証局の証明書', 'A certificate of a trusted authority'],
  qualified: [
    '国家資格を証明する失効していない証明書とタイムスタンプ',
    'A certificate that proves a national qualification, not revoked, and a time-stamp'
  ]
}

const revocationStatuses: Labels<'good' | 'unknown'> = {
  good: ['署名の時点で失効していない', 'Not revoked when it signed'],
  unknown: ['失効の有無が確かめられなかった', 'Nothing could be learnt']
}

const assurances: Labels<'original' | 'author' | 'gateway'> = {
  original: ['原本', 'The original'],
  author: ['作成者の署名による', 'Vouched for by the author’s signature'],
  gateway: ['ゲートウェイの証明による', 'Vouched for by the gateway alone']
}

const deliveryStates: Labels<'accepted' | 'notified' | 'retrieved' | 'acknowledged' | 'failed' | 'stopped'> = {
  accepted: ['受付済み', 'Accepted'],
  notified: ['通知済み', 'Notified'],
  retrieved: ['取得済み', 'Retrieved'],
  acknowledged: ['受領確認済み', 'Acknowledged'],
  failed: ['配信失敗', 'Failed'],
  stopped: ['配信停止', 'Stopped']
}

const withholdings: Labels<'marked' | 'silent'> = {
  marked: ['伏せたことを示す', 'Shown as withheld'],
  silent: ['伏せたことを示さない', 'Left out without a mark']
}

const renditions: Labels<'unsigned-xml'> = {
  'unsigned-xml': ['署名のない XML の写し(原本は JSON)', 'XML rendition without signature; the original is JSON']
}

const acts: Labels<Act> = {
  'document-deposit': ['文書の預入', 'Document deposited'],
  'document-search': ['文書の検索', 'Documents searched'],
  'document-disclose': ['文書の開示', 'Document disclosed'],
  'document-replace': ['文書の差替え', 'Document replaced'],
  'document-revoke': ['文書の利用終了', 'Use of a document ended'],
  'document-erase': ['文書の消去', 'Document erased'],
  'document-confirm': ['文書の確認', 'Document confirmed'],
  'consent-create': ['同意の記録', 'Consent recorded'],
  'consent-withdraw': ['同意の撤回', 'Consent withdrawn'],
  decide: ['同意に基づく判定', 'Decision by consent'],
  'signature-verify': ['署名の検証', 'Signature verified'],
  'token-issue': ['トークンの発行', 'Token issued'],
  'token-refuse': ['トークンの拒否', 'Token refused'],
  'case-open': ['ケースの開始', 'Case opened'],
  'case-join': ['ケースへの参加', 'Case joined'],
  'case-confirm': ['本人の確認', 'Worker confirmed'],
  'case-transition': ['ケースの状態変更', 'Case moved on'],
  notify: ['通知', 'Recipient notified'],
  acknowledge: ['受領の確認', 'Receipt acknowledged'],
  explain: ['判定の説明', 'Decision explained'],
  export: ['証跡の出力', 'Evidence exported'],
  'audit-read': ['監査記録の閲覧', 'Audit records read'],
  'key-rotate': ['鍵の更新', 'Key rotated'],
  'partner-change': ['接続先の変更', 'Partner changed'],
  refuse: ['拒否', 'Refused'],
  'refuse-many': ['拒否(集計)', 'Refused, as a count'],
  import: ['一括取込み', 'Many drafts imported'],
  'session-open': ['ログイン', 'Logged in'],
  'session-refuse': ['ログインの拒否', 'Login refused'],
  'session-close': ['ログアウト', 'Logged out'],
  'passkey-change': ['パスキーの変更', 'Passkeys changed'],
  'account-change': ['アカウントの変更', 'Account changed']
}

/** The code systems of the exchange itself (contract §1), by name. */
export const registers: Readonly<Record<string, TermList>> = {
  'document-kind': {
    title: { ja: '文書の種類', en: 'Kinds of documents' },
    description: '両立支援で交換する文書の種類。',
    terms: documentKinds
  },
  'case-state': {
    title: { ja: 'ケースの状態', en: 'States of a case' },
    description:
      '両立支援ケースの状態。requested から withdrawn までは本人に、open、waiting、received、plan、follow-up、closed は組織に示す。本プロジェクトの仮定。',
    terms: terms(caseStates)
  },
  'ryoritsu-role': {
    title: { ja: '役割', en: 'Roles' },
    description: '両立支援に関わる人と組織の役割。auditor と operator は本製品の役割。',
    terms: terms(roles)
  },
  'ryoritsu-purpose': {
    title: { ja: '利用目的', en: 'Purposes' },
    description: '同意が示す利用目的。plan-support の文言は本プロジェクトの仮定。',
    terms: terms(purposes)
  },
  'ryoritsu-disclosure-class': {
    title: { ja: '開示区分', en: 'Disclosure classes' },
    description: '様式の項目の開示区分。どの項目もただ一つの区分を持つ。',
    terms: terms(classes)
  },
  assurance: {
    title: { ja: '保証の種類', en: 'Assurance' },
    description: '受領者が得る文書を誰が保証するか。',
    terms: terms(assurances)
  },
  'signature-assurance': {
    title: { ja: '署名の保証水準', en: 'Assurance of a signature' },
    description: '作成者の署名の裏付け。',
    terms: terms(signatureAssurances)
  },
  'revocation-status': {
    title: { ja: '失効の状態', en: 'Status of revocation' },
    description: '署名の時点で証明書が失効していたか。',
    terms: terms(revocationStatuses)
  },
  'delivery-state': {
    title: { ja: '配信の状態', en: 'States of a delivery' },
    description: '文書が一人の受領者にどこまで届いたか。',
    terms: terms(deliveryStates)
  },
  withholding: {
    title: { ja: '伏せ方', en: 'Ways of withholding' },
    description: '開示しない項目が受領者にどう見えるか。',
    terms: terms(withholdings)
  },
  rendition: {
    title: { ja: '写しの種類', en: 'Kinds of renditions' },
    description: '文書 Bundle が原本でなく写しであることを meta.tag に示す。写しに署名はない。',
    terms: terms(renditions)
  },
  act: {
    title: { ja: '監査記録の行為', en: 'Acts of the audit log' },
    description: '監査記録に現れる行為の一覧。',
    terms: terms(acts)
  }
}
