import type { Coding } from '@medplum/fhirtypes'
import type { Act } from '../document/audit-record.ts'
import {
  authorization,
  dicom,
  eventType,
  ihe,
  interaction,
  lifecycle,
  participation,
  provenanceRole,
  roleClass,
  securityRole,
  userAgent
} from './codes.ts'
import type { EntityKind } from './entity.ts'

/** Profiles of IHE BALP 1.1.4, without `IHE.BasicAudit.` before the name. */
export type BalpProfile =
  | 'PatientCreate'
  | 'PatientUpdate'
  | 'PatientQuery'
  | 'PatientDelete'
  | 'AuthZconsent'
  | 'PrivacyDisclosure.Source'

/** How one act reads as an AuditEvent. */
interface Pattern {
  /** undefined: BALP has no pattern for it; the codes are then DICOM's or ours */
  readonly profile: BalpProfile | undefined
  readonly type: Coding
  /** beside the act itself, which is always the last subtype */
  readonly subtypes: readonly Coding[]
  readonly action: 'C' | 'R' | 'U' | 'D' | 'E'
  /** participant types: the caller's or recipient's system, this gateway, the person, the organisation */
  readonly agents: {
    readonly client: Coding
    readonly gateway: Coding
    readonly person: Coding
    readonly organization: Coding
  }
  /** what the act is done to: the first of these that is there becomes the one "data" entity of the event */
  readonly subjects: readonly EntityKind[]
}

export interface ActRow extends Pattern {
  readonly ja: string
  readonly en: string
}

const source = dicom('110153')
const destination = dicom('110152')
const application = dicom('110150')
const responsible = participation('RESP')
const author = participation('AUT')
const reader = participation('IRCP')

const sending = { client: source, gateway: destination, person: author, organization: responsible }
const receiving = { client: destination, gateway: source, person: reader, organization: responsible }
const asking = { ...sending, person: reader }

const rest = eventType('rest')
const alert = dicom('110113')

const create: Pattern = {
  profile: 'PatientCreate',
  type: rest,
  subtypes: [interaction('create')],
  action: 'C',
  agents: sending,
  subjects: []
}
const update: Pattern = {
  ...create,
  profile: 'PatientUpdate',
  subtypes: [interaction('update')],
  action: 'U'
}
const disclose: Pattern = {
  profile: 'PrivacyDisclosure.Source',
  type: dicom('110106'),
  subtypes: [lifecycle('disclose')],
  action: 'R',
  agents: receiving,
  subjects: []
}
const login: Pattern = {
  profile: undefined,
  type: dicom('110114'),
  subtypes: [ihe('ITI-71')],
  action: 'E',
  agents: { ...asking, client: application, gateway: userAgent('AuthzOauthService') },
  subjects: ['token', 'partner']
}
/** DICOM PS3.15 A.5.3.11, User Authentication: a person and the account, no token yet. */
const person: Pattern = { ...login, agents: asking, subtypes: [], subjects: ['partner'] }
const operation: Pattern = {
  profile: undefined,
  type: rest,
  subtypes: [interaction('operation')],
  action: 'E',
  agents: asking,
  subjects: []
}

const onDocument = { subjects: ['document'] } as const
const onConsent = { subjects: ['consent'] } as const
const onCase = { subjects: ['case'] } as const

/**
 * The closed list of what the log can say happened (contract §11). A new act is a new row and a new code of
 * `{c}/CodeSystem/act`; nothing else asks which act it is.
 * @see IHE BALP 1.1.4
 */
export const actTable = {
  'document-deposit': { ja: '文書の預入', en: 'Document deposited', ...create, ...onDocument },
  'document-search': {
    ja: '文書の検索',
    en: 'Documents searched',
    profile: 'PatientQuery',
    type: rest,
    subtypes: [interaction('search-type')],
    action: 'E',
    agents: asking,
    subjects: ['query']
  },
  'document-disclose': { ja: '文書の開示', en: 'Document disclosed', ...disclose, ...onDocument },
  'document-replace': { ja: '文書の差替え', en: 'Document replaced', ...update, ...onDocument },
  'document-revoke': { ja: '文書の利用終了', en: 'Use of a document ended', ...update, ...onDocument },
  'document-erase': {
    ja: '文書の消去',
    en: 'Document erased',
    profile: 'PatientDelete',
    type: rest,
    subtypes: [interaction('delete')],
    action: 'D',
    agents: { ...sending, client: application, gateway: provenanceRole('custodian') },
    subjects: ['document']
  },
  'document-confirm': { ja: '文書の確認', en: 'Document confirmed', ...update, ...onDocument },
  'consent-create': { ja: '同意の記録', en: 'Consent recorded', ...create, ...onConsent },
  'consent-withdraw': { ja: '同意の撤回', en: 'Consent withdrawn', ...update, ...onConsent },
  decide: {
    ja: '同意に基づく判定',
    en: 'Decision by consent',
    profile: 'AuthZconsent',
    type: alert,
    subtypes: [authorization('AuthZ-Consent')],
    action: 'E',
    agents: {
      client: application,
      gateway: securityRole('authserver'),
      person: reader,
      organization: roleClass('PROV')
    },
    subjects: []
  },
  'signature-verify': {
    ja: '署名の検証',
    en: 'Signature verified',
    profile: undefined,
    type: dicom('110007'),
    subtypes: [ihe('urn:ihe:iti:dsg')],
    action: 'R',
    agents: sending,
    subjects: ['document']
  },
  'token-issue': { ja: 'トークンの発行', en: 'Token issued', ...login },
  'token-refuse': { ja: 'トークンの拒否', en: 'Token refused', ...login },
  'case-open': { ja: 'ケースの開始', en: 'Case opened', ...create, ...onCase },
  'case-join': { ja: 'ケースへの参加', en: 'Case joined', ...update, ...onCase },
  'case-confirm': { ja: '本人の確認', en: 'Worker confirmed', ...update, ...onCase },
  'case-transition': { ja: 'ケースの状態変更', en: 'Case moved on', ...update, ...onCase },
  // The gateway is the client here and creates something at the recipient, as in IHE DSUBm ITI-112.
  notify: {
    ja: '通知',
    en: 'Recipient notified',
    ...create,
    agents: { ...sending, client: destination, gateway: source },
    subjects: ['document', 'case']
  },
  acknowledge: { ja: '受領の確認', en: 'Receipt acknowledged', ...update, ...onDocument },
  explain: { ja: '判定の説明', en: 'Decision explained', ...operation, subjects: ['document', 'case'] },
  export: { ja: '証跡の出力', en: 'Evidence exported', ...disclose, ...onCase },
  'audit-read': {
    ja: '監査記録の閲覧',
    en: 'Audit records read',
    profile: undefined,
    type: dicom('110101'),
    subtypes: [],
    action: 'R',
    agents: receiving,
    subjects: ['query']
  },
  'key-rotate': {
    ja: '鍵の更新',
    en: 'Key rotated',
    profile: undefined,
    type: alert,
    subtypes: [dicom('110129')],
    action: 'U',
    agents: asking,
    subjects: ['key']
  },
  'partner-change': {
    ja: '接続先の変更',
    en: 'Partner changed',
    profile: undefined,
    type: alert,
    subtypes: [dicom('110137')],
    action: 'U',
    agents: asking,
    subjects: ['partner']
  },
  refuse: { ja: '拒否', en: 'Refused', ...operation, subtypes: [] },
  import: { ja: '一括取込み', en: 'Many drafts imported', ...operation, subtypes: [], subjects: ['count'] },
  'session-open': { ja: 'ログイン', en: 'Logged in', ...person, subtypes: [dicom('110122')] },
  'session-refuse': { ja: 'ログインの拒否', en: 'Login refused', ...person, subtypes: [dicom('110122')] },
  'session-close': { ja: 'ログアウト', en: 'Logged out', ...person, subtypes: [dicom('110123')] },
  'passkey-change': {
    ja: 'パスキーの変更',
    en: 'Passkeys changed',
    ...person,
    type: alert,
    subtypes: [dicom('110137')],
    action: 'U'
  },
  'account-change': {
    ja: 'アカウントの変更',
    en: 'Account changed',
    ...person,
    type: alert,
    subtypes: [dicom('110137')],
    action: 'U'
  },
  'refuse-many': { ja: '拒否(集計)', en: 'Refused, as a count', ...operation, type: alert, subtypes: [] }
} as const satisfies Readonly<Record<Act, ActRow>>
