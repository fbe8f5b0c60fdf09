import { compareInstants, isDateTime, isInstant } from '../standards/fhir-time.ts'
import type { Rule } from './findings.ts'
import { codingsOf, isMembers, listAt, type Members, objectAt, textAt } from './members.ts'

/** One FHIR R4 invariant, compiled by hand: FHIRPath at run time costs a hundred times more. */
export interface Invariant {
  readonly rule: Rule
  /**
   * @param element holds at least one member; anything may be of a wrong type, which is another rule's business
   */
  readonly holds: (element: Members, container: Container) => boolean
}

/** The resource around, or around the contained resource. */
export class Container {
  readonly #resource: Members
  #ids: ReadonlySet<unknown> | undefined

  constructor(resource: Members) {
    this.#resource = resource
  }

  /** Gathered once, since there may be as many references as contained resources. */
  contains(id: string): boolean {
    this.#ids ??= new Set(listAt(this.#resource, 'contained').map(one => textAt(one, 'id')))
    return this.#ids.has(id)
  }
}

const ucum = 'http://unitsofmeasure.org'
const eventTimings: readonly unknown[] = ['C', 'CM', 'CD', 'CV']

/** `exists()`: a primitive exists by its value or by an extension alone. */
const has = (element: Members, name: string): boolean =>
  Object.hasOwn(element, name) || Object.hasOwn(element, `_${name}`)

const hasChoice = (element: Members, name: string): boolean =>
  Object.keys(element).some(key => key.startsWith(name) && /[A-Z]/.test(key.charAt(name.length)))

const lacks = (element: Members, name: string): boolean => !has(element, name)
const needs = (element: Members, name: string, other: string): boolean => lacks(element, name) || has(element, other)
const excludes = (element: Members, name: string, other: string): boolean =>
  lacks(element, name) || lacks(element, other)
const isDistinct = (values: readonly unknown[]): boolean => new Set(values).size === values.length
const isNotNegative = (value: unknown): boolean => typeof value !== 'number' || value >= 0

/** A value of a measure comes with its code, in the one system that the measure knows. */
const isMeasure = (quantity: Members): boolean =>
  needs(quantity, 'value', 'code') && (lacks(quantity, 'system') || quantity.system === ucum)

const isBatch = (type: unknown): boolean => type === 'batch' || type === 'transaction' || type === 'history'
const isAnswer = (type: unknown): boolean =>
  type === 'batch-response' || type === 'transaction-response' || type === 'history'
const isDocument = ({ type }: Members): boolean => type === 'document'
const firstType = (bundle: Members): string | undefined =>
  textAt(objectAt(listAt(bundle, 'entry')[0], 'resource'), 'resourceType')

/** Bundle entries as (fullUrl, version of the resource), where there is a fullUrl. */
function namesOfEntries(bundle: Members): readonly string[] {
  return listAt(bundle, 'entry').flatMap(entry => {
    const fullUrl = textAt(entry, 'fullUrl')
    const version = textAt(objectAt(objectAt(entry, 'resource'), 'meta'), 'versionId')
    return fullUrl === undefined ? [] : [`${fullUrl} ${version ?? ''}`]
  })
}

/** Texts below `value` that refer to a contained resource (`#…`), or to the container (`#`). */
function fragmentsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.startsWith('#') ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(fragmentsIn)
}

function areContainedUsed(resource: Members): boolean {
  const contained = listAt(resource, 'contained')
  if (contained.length === 0) return true
  const fragments = new Set(fragmentsIn(resource))
  return contained.every(one => fragments.has(`#${textAt(one, 'id')}`) || fragmentsIn(one).includes('#'))
}

function isInOrder(low: unknown, high: unknown): boolean {
  if (!isMembers(low) || !isMembers(high) || low.code !== high.code || low.unit !== high.unit) return true
  return typeof low.value !== 'number' || typeof high.value !== 'number' || low.value <= high.value
}

function isPeriodInOrder({ start, end }: Members): boolean {
  if (typeof start !== 'string' || typeof end !== 'string' || !isDateTime(start) || !isDateTime(end)) return true
  if (isInstant(start) && isInstant(end)) return compareInstants(start, end) <= 0
  // Where one is less precise, only what both say can be compared.
  const length = Math.min(start.length, end.length, 10)
  return start.slice(0, length) <= end.slice(0, length)
}

function isTriggerComplete(trigger: Members): boolean {
  if (trigger.type === 'named-event') return has(trigger, 'name')
  if (trigger.type === 'periodic') return hasChoice(trigger, 'timing')
  return !textAt(trigger, 'type')?.startsWith('data-') || has(trigger, 'data')
}

/** The codings of `code`, each as text that is the same where they are. */
const codesOf = (element: unknown): readonly string[] =>
  codingsOf(objectAt(element, 'code')).map(coding =>
    JSON.stringify(Object.entries(coding).sort(([one], [other]) => (one < other ? -1 : 1)))
  )

type Holds = Invariant['holds']

function invariant(key: string, ja: string, en: string, holds: Holds): readonly [string, Invariant] {
  const code = key.includes(':') ? key.slice(key.indexOf(':') + 1) : key
  const fix = {
    ja: `FHIR R4 の不変条件 ${code} を満たすように直してください。`,
    en: `Let the element satisfy the invariant ${code} of FHIR R4.`
  }
  return [key, { rule: { key: `r4-${code}`, code: 'invariant', text: { ja, en }, fix }, holds }]
}

/** By the key of R4; where R4 uses a key twice, by path and key. */
export const invariants: ReadonlyMap<string, Invariant> = new Map([
  // data types
  invariant(
    'age-1',
    '年齢には UCUM の単位の符号が必要で、正の数でなければなりません。',
    'An age has a UCUM code and is positive.',
    age => {
      return isMeasure(age) && (typeof age.value !== 'number' || age.value > 0)
    }
  ),
  invariant(
    'att-1',
    'データのある添付には contentType が必要です。',
    'An attachment with data has a contentType.',
    each => needs(each, 'data', 'contentType')
  ),
  invariant('cnt-3', '個数は整数で、符号は 1 です。', 'A count is whole and has the code 1.', count => {
    const isCode = lacks(count, 'code') || count.code === '1'
    return isMeasure(count) && isCode && (typeof count.value !== 'number' || Number.isInteger(count.value))
  }),
  invariant('cpt-2', '連絡先の値には system が必要です。', 'A contact point with a value has a system.', each =>
    needs(each, 'value', 'system')
  ),
  invariant('dis-1', '距離には UCUM の単位の符号が必要です。', 'A distance has a UCUM code.', each => isMeasure(each)),
  invariant(
    'drq-1',
    'path か searchParam のどちらか一方が必要です。',
    'There is either a path or a searchParam.',
    each => has(each, 'path') !== has(each, 'searchParam')
  ),
  invariant(
    'drq-2',
    'path か searchParam のどちらか一方が必要です。',
    'There is either a path or a searchParam.',
    each => has(each, 'path') !== has(each, 'searchParam')
  ),
  invariant(
    'drt-1',
    '期間の長さの符号は UCUM で、値が必要です。',
    'A duration with a code has a value, in UCUM.',
    each => {
      return lacks(each, 'code') || (each.system === ucum && has(each, 'value'))
    }
  ),
  invariant(
    'exp-1',
    '式には expression か reference が必要です。',
    'There is an expression or a reference.',
    each => has(each, 'expression') || has(each, 'reference')
  ),
  invariant('per-1', '期間の終わりが始まりより前です。', 'The period ends before it starts.', isPeriodInOrder),
  invariant('qty-3', '単位の符号には system が必要です。', 'A code for the unit has a system.', each =>
    needs(each, 'code', 'system')
  ),
  invariant(
    'rat-1',
    '分子と分母は両方必要です。',
    'There are both numerator and denominator, or an extension instead.',
    ratio => {
      const both = has(ratio, 'numerator')
      return both === has(ratio, 'denominator') && (both || has(ratio, 'extension'))
    }
  ),
  invariant(
    'ref-1',
    '「#」で始まる参照先が contained にありません。',
    'A local reference is to a contained resource.',
    (reference, container) => {
      const local = textAt(reference, 'reference')
      if (!local?.startsWith('#') || local === '#') return true
      return container.contains(local.slice(1))
    }
  ),
  invariant('rng-2', '範囲の下限が上限を超えています。', 'The low end of the range is above its high end.', each =>
    isInOrder(each.low, each.high)
  ),
  invariant('sqty-1', 'この数量に comparator は使えません。', 'The comparator is not used on a SimpleQuantity.', each =>
    lacks(each, 'comparator')
  ),
  invariant('tim-1', 'duration には単位が必要です。', 'A duration has a unit.', each =>
    needs(each, 'duration', 'durationUnit')
  ),
  invariant('tim-2', 'period には単位が必要です。', 'A period has a unit.', each =>
    needs(each, 'period', 'periodUnit')
  ),
  invariant('tim-4', 'duration は負にできません。', 'The duration is not negative.', each =>
    isNotNegative(each.duration)
  ),
  invariant('tim-5', 'period は負にできません。', 'The period is not negative.', each => isNotNegative(each.period)),
  invariant('tim-6', 'periodMax には period が必要です。', 'A periodMax has a period.', each =>
    needs(each, 'periodMax', 'period')
  ),
  invariant('tim-7', 'durationMax には duration が必要です。', 'A durationMax has a duration.', each =>
    needs(each, 'durationMax', 'duration')
  ),
  invariant('tim-8', 'countMax には count が必要です。', 'A countMax has a count.', each =>
    needs(each, 'countMax', 'count')
  ),
  invariant(
    'tim-9',
    'offset には食事そのものでない when が必要です。',
    'An offset has a when that is not a meal itself.',
    each => {
      return (
        lacks(each, 'offset') || (has(each, 'when') && !listAt(each, 'when').some(when => eventTimings.includes(when)))
      )
    }
  ),
  invariant('tim-10', 'timeOfDay と when は一緒に使えません。', 'There is either a timeOfDay or a when.', each =>
    excludes(each, 'timeOfDay', 'when')
  ),
  invariant(
    'trd-1',
    'data と timing は一緒に使えません。',
    'There is either data or timing.',
    each => lacks(each, 'data') || !hasChoice(each, 'timing')
  ),
  invariant('trd-2', 'condition には data が必要です。', 'A condition has data.', each =>
    needs(each, 'condition', 'data')
  ),
  invariant(
    'trd-3',
    'きっかけの種類に応じた要素がありません。',
    'A trigger says what its type asks for.',
    isTriggerComplete
  ),
  // resources
  invariant(
    'bdl-1',
    'total は検索結果と履歴だけにあります。',
    'Only search results and histories have a total.',
    bundle => {
      return lacks(bundle, 'total') || bundle.type === 'searchset' || bundle.type === 'history'
    }
  ),
  invariant('bdl-2', 'search は検索結果だけにあります。', 'Only entries of search results have search.', bundle => {
    return bundle.type === 'searchset' || !listAt(bundle, 'entry').some(entry => objectAt(entry, 'search'))
  }),
  invariant(
    'bdl-3',
    'request は batch、transaction、history だけに必要です。',
    'Entries have a request in batches, transactions and histories only.',
    bundle => {
      return listAt(bundle, 'entry').every(entry => (objectAt(entry, 'request') !== undefined) === isBatch(bundle.type))
    }
  ),
  invariant(
    'bdl-4',
    'response は応答と history だけに必要です。',
    'Entries have a response in responses and histories only.',
    bundle => {
      return listAt(bundle, 'entry').every(
        entry => (objectAt(entry, 'response') !== undefined) === isAnswer(bundle.type)
      )
    }
  ),
  invariant(
    'bdl-5',
    'entry には resource、request、response のどれかが必要です。',
    'An entry has a resource, a request or a response.',
    entry => {
      return has(entry, 'resource') || has(entry, 'request') || has(entry, 'response')
    }
  ),
  invariant(
    'bdl-7',
    'fullUrl が重なっています。',
    'A fullUrl occurs twice.',
    bundle => bundle.type === 'history' || isDistinct(namesOfEntries(bundle))
  ),
  invariant(
    'bdl-8',
    'fullUrl は特定の版を指せません。',
    'A fullUrl names no version.',
    entry => !textAt(entry, 'fullUrl')?.includes('/_history/')
  ),
  invariant(
    'bdl-9',
    '文書には system と value のある identifier が必要です。',
    'A document has an identifier with a system and a value.',
    bundle => {
      const identifier = objectAt(bundle, 'identifier')
      return !isDocument(bundle) || (identifier !== undefined && has(identifier, 'system') && has(identifier, 'value'))
    }
  ),
  invariant(
    'bdl-10',
    '文書には timestamp が必要です。',
    'A document has a timestamp.',
    bundle => !isDocument(bundle) || Object.hasOwn(bundle, 'timestamp')
  ),
  invariant(
    'bdl-11',
    '文書の最初の entry は Composition です。',
    'The first resource of a document is a Composition.',
    bundle => {
      return !isDocument(bundle) || firstType(bundle) === 'Composition'
    }
  ),
  invariant(
    'bdl-12',
    '通知の最初の entry は MessageHeader です。',
    'The first resource of a message is a MessageHeader.',
    bundle => {
      return bundle.type !== 'message' || firstType(bundle) === 'MessageHeader'
    }
  ),
  invariant(
    'cmp-1',
    '節には text、entry、section のどれかが必要です。',
    'A section has text, entries or sections.',
    section => {
      return has(section, 'text') || has(section, 'entry') || has(section, 'section')
    }
  ),
  invariant(
    'cmp-2',
    'entry のある節に emptyReason は使えません。',
    'A section with entries has no emptyReason.',
    each => excludes(each, 'emptyReason', 'entry')
  ),
  invariant('dom-2', 'contained の中に contained は置けません。', 'A contained resource contains none.', resource => {
    return !listAt(resource, 'contained').some(one => isMembers(one) && has(one, 'contained'))
  }),
  invariant('dom-3', 'contained が参照されていません。', 'A contained resource is referred to.', areContainedUsed),
  invariant(
    'dom-4',
    'contained に版や更新日時は付けられません。',
    'A contained resource has no versionId or lastUpdated.',
    resource => {
      return listAt(resource, 'contained').every(one => {
        const meta = objectAt(one, 'meta')
        return meta === undefined || (lacks(meta, 'versionId') && lacks(meta, 'lastUpdated'))
      })
    }
  ),
  invariant(
    'dom-5',
    'contained にセキュリティラベルは付けられません。',
    'A contained resource has no security label.',
    resource => {
      return listAt(resource, 'contained').every(one => lacks(objectAt(one, 'meta') ?? {}, 'security'))
    }
  ),
  invariant(
    'Task:inv-1',
    '更新日時が作成日時より前です。',
    'It was last changed before it was written.',
    ({ authoredOn, lastModified }) => {
      return isPeriodInOrder({ start: authoredOn, end: lastModified })
    }
  ),
  invariant(
    'obs-3',
    '参照範囲には下限、上限、文のいずれかが必要です。',
    'A reference range has a low, a high or a text.',
    range => has(range, 'low') || has(range, 'high') || has(range, 'text')
  ),
  invariant(
    'obs-6',
    '値があるときは dataAbsentReason を書けません。',
    'An observation with a value has no dataAbsentReason.',
    observation => lacks(observation, 'dataAbsentReason') || !hasChoice(observation, 'value')
  ),
  invariant(
    'obs-7',
    'component に全体と同じ code があるときは、全体に値を書けません。',
    'An observation has no value where a component has its code.',
    observation => {
      if (!hasChoice(observation, 'value')) return true
      const own = new Set(codesOf(observation))
      return !listAt(observation, 'component').some(one => codesOf(one).some(each => own.has(each)))
    }
  ),
  invariant(
    'Parameters.parameter:inv-1',
    '値、resource、part のどれか一つだけが必要です。',
    'A parameter has one of value, resource and part.',
    each => {
      return Number(has(each, 'part')) + Number(hasChoice(each, 'value')) + Number(has(each, 'resource')) === 1
    }
  ),
  invariant('lst-1', 'entry のある一覧に emptyReason は使えません。', 'A list with entries has no emptyReason.', each =>
    excludes(each, 'emptyReason', 'entry')
  ),
  invariant('lst-2', 'deleted は変更の一覧だけで使えます。', 'Only lists of changes say deleted.', list => {
    return list.mode === 'changes' || !listAt(list, 'entry').some(entry => isMembers(entry) && has(entry, 'deleted'))
  }),
  invariant('lst-3', 'entry の日付は作業中の一覧だけで使えます。', 'Only working lists date their entries.', list => {
    return list.mode === 'working' || !listAt(list, 'entry').some(entry => isMembers(entry) && has(entry, 'date'))
  }),
  invariant(
    'org-1',
    '組織には identifier か name が必要です。',
    'An organisation has an identifier or a name.',
    each => has(each, 'identifier') || has(each, 'name')
  ),
  invariant(
    'org-2',
    '組織の住所を自宅にはできません。',
    'The address of an organisation is not a home.',
    address => address.use !== 'home'
  ),
  invariant(
    'org-3',
    '組織の連絡先を自宅にはできません。',
    'The telecom of an organisation is not at home.',
    telecom => telecom.use !== 'home'
  ),
  invariant(
    'pat-1',
    '緊急連絡先には氏名、連絡先、住所、組織のどれかが必要です。',
    'A contact has a name, telecom, address or organisation.',
    each => {
      return has(each, 'name') || has(each, 'telecom') || has(each, 'address') || has(each, 'organization')
    }
  ),
  invariant(
    'ppc-1',
    '同意には policy か policyRule が必要です。',
    'A consent has a policy or a policyRule.',
    each => has(each, 'policy') || has(each, 'policyRule')
  ),
  invariant('prr-1', 'orderDetail には code が必要です。', 'An orderDetail has a code.', each =>
    needs(each, 'orderDetail', 'code')
  ),
  invariant(
    'qrs-1',
    '子の項目は item か answer のどちらか一方の下に置きます。',
    'Nested items stand under item or under answer, not both.',
    each => excludes(each, 'answer', 'item')
  ),
  invariant('sev-1', '名前と問い合わせは一緒に使えません。', 'An entity has a name or a query, not both.', each =>
    excludes(each, 'name', 'query')
  ),
  invariant(
    'sst-1',
    '通知には notificationEvent が必要です。',
    'A notification of events has a notificationEvent.',
    each => {
      return each.type !== 'event-notification' || has(each, 'notificationEvent')
    }
  )
])

/** Invariants that are not compiled here, each with the reason; a test holds both lists against the definitions. */
export const notCompiled: Readonly<Record<string, string>> = {
  'ele-1': 'part of the walk itself: nothing may be empty',
  'ext-1': 'part of the walk itself: an extension has a value or extensions',
  'txt-1': 'part of the type xhtml',
  'txt-2': 'part of the type xhtml',
  'ppc-2': 'compares with a code system that R4 never named',
  'ppc-3': 'compares with a code system that R4 never named',
  'ppc-4': 'compares with a code system that R4 never named',
  'ppc-5': 'compares with a code system that R4 never named',
  'ctm-1': 'resolves references outside the resource',
  'mqty-1': 'no element has the type MoneyQuantity',
  'que-*': 'forms are checked when they are compiled',
  'eld-*': 'no resource here holds an ElementDefinition',
  'cpb-*': 'only the gateway itself states its capabilities',
  'csd-*': 'only the gateway itself publishes terminology',
  'vsd-*': 'only the gateway itself publishes terminology'
}
