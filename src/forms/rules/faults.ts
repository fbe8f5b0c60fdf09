import type { Finding } from './findings.ts'

type Words = readonly [ja: string, en: string]

/** A fault without words of a form: its texts are whole sentences. */
function fault(rule: string, [ja, en]: Words, [fixJa, fixEn]: Words, severity: Finding['severity'] = 'error'): Finding {
  return { rule, severity, code: 'invariant', ja, en, fix: { ja: fixJa, en: fixEn } }
}

/** What can be wrong with a Questionnaire itself, as `findings` is for responses. `{limit}` is what is allowed. */
export const faults = {
  'que-1': fault(
    'que-1',
    ['group には下の項目が必要で、display には置けません。', 'A group has items, a display item has none.'],
    [
      'group に項目を足すか、display の中の項目を外に出してください。',
      'Put items into the group, or out of the display.'
    ]
  ),
  'que-2': fault(
    'que-2',
    ['linkId が重複しているか、ありません。', 'A linkId is missing or not unique.'],
    ['項目ごとに異なる linkId を付けてください。', 'Give each item a linkId of its own.']
  ),
  'que-3': fault(
    'que-3',
    ['display に code は書けません。', 'A display item has no code.'],
    ['code を除いてください。', 'Leave the code out.']
  ),
  'que-4': fault(
    'que-4',
    ['answerOption と answerValueSet は同時に書けません。', 'answerOption and answerValueSet exclude each other.'],
    ['どちらか一方だけにしてください。', 'Keep one of the two.']
  ),
  'que-5': fault(
    'que-5',
    ['この型に選択肢は書けません。', 'An item of this type has no options.'],
    ['選択肢を除くか、型を choice にしてください。', 'Leave the options out, or let the type be choice.']
  ),
  'que-6': fault(
    'que-6',
    ['display に required と repeats は書けません。', 'A display item is neither required nor repeats.'],
    ['required と repeats を除いてください。', 'Leave out required and repeats.']
  ),
  'que-7': fault(
    'que-7',
    ['exists には answerBoolean が必要です。', 'exists needs answerBoolean.'],
    ['answerBoolean に true か false を書いてください。', 'Give answerBoolean true or false.']
  ),
  'que-8': fault(
    'que-8',
    ['group と display に initial は書けません。', 'Groups and display items have no initial value.'],
    ['initial を中の質問に移してください。', 'Move initial to a question inside.']
  ),
  'que-9': fault(
    'que-9',
    ['display に readOnly は書けません。', 'A display item has no readOnly.'],
    ['readOnly を除いてください。', 'Leave readOnly out.']
  ),
  'que-10': fault(
    'que-10',
    ['この型に maxLength は書けません。', 'An item of this type has no maxLength.'],
    [
      'maxLength を除くか、型を string か text にしてください。',
      'Leave maxLength out, or let the type be string or text.'
    ]
  ),
  'que-11': fault(
    'que-11',
    [
      'answerOption があれば initial ではなく initialSelected を使います。',
      'With answerOption use initialSelected, not initial.'
    ],
    ['選択肢に initialSelected を付けてください。', 'Mark the option by initialSelected.']
  ),
  'que-12': fault(
    'que-12',
    ['enableWhen が二つ以上なら enableBehavior が必要です。', 'More than one enableWhen needs enableBehavior.'],
    ['enableBehavior に all か any を書いてください。', 'Give enableBehavior all or any.']
  ),
  'que-13': fault(
    'que-13',
    ['initial を複数書けるのは repeats の項目だけです。', 'Only a repeating item has more than one initial value.'],
    ['initial を一つにするか、repeats を true にしてください。', 'Keep one initial value, or let the item repeat.']
  ),
  answer: fault(
    'qr-28',
    ['enableWhen に answer[x] がありません。', 'An enableWhen has no answer[x].'],
    ['比べる値を answer[x] に書いてください。', 'Give the value to compare with in answer[x].']
  ),
  comparison: fault(
    'qr-28',
    [
      'enableWhen の answer[x] が相手の項目の型と比べられません。',
      'answer[x] of an enableWhen does not compare with the type of its question.'
    ],
    ['相手の項目の型に合う answer[x] にしてください。', 'Use the answer[x] of the type of its question.']
  ),
  operator: fault(
    'qr-29',
    ['この型の値に使える演算子は = と != だけです。', 'Values of this type are compared by = and != only.'],
    ['演算子を = か != にしてください。', 'Use = or !=.']
  ),
  target: fault(
    'qr-33',
    [
      '条件の相手の項目がないか、自分自身または自分の中の項目です。',
      'The question of a condition does not exist, or is the item itself or inside it.'
    ],
    ['様式にある別の質問の linkId を書いてください。', 'Name the linkId of another question of the form.']
  ),
  later: fault(
    'qr-33',
    ['条件の相手の項目が後ろにあります。', 'The question of a condition comes later.'],
    ['相手の項目を前に置いてください。', 'Put that question before this item.'],
    'warning'
  ),
  circle: fault(
    'qr-34',
    ['条件が互いに依存して輪になっています。', 'Conditions depend on one another in a circle.'],
    ['どれか一つの条件を外してください。', 'Take one of the conditions away.']
  ),
  options: fault(
    'qr-42',
    ['選択肢も値セットもありません。', 'A choice has neither options nor a value set.'],
    ['answerOption か answerValueSet を足してください。', 'Add answerOption or answerValueSet.'],
    'information'
  ),
  pattern: fault(
    'que-regex',
    ['regex を RE2 で表せません。', 'The regex cannot be expressed in RE2.'],
    ['先読みや後方参照を使わずに書いてください。', 'Write it without look-around and back-references.']
  ),
  program: fault(
    'que-regex',
    [
      'regex の繰り返しが大きすぎます(RE2 の命令が {limit} を超えます)。',
      'The repetitions of the regex are too large (more than {limit} instructions of RE2).'
    ],
    ['繰り返しの回数を減らしてください。', 'Let it repeat less often.']
  ),
  expression: fault(
    'que-expression',
    ['FHIRPath の式として読めません。', 'The expression is no FHIRPath.'],
    ['式の書き方を確かめてください。', 'Check how the expression is written.']
  ),
  language: fault(
    'que-expression-language',
    ['式の言語が text/fhirpath ではありません。', 'The language of the expression is not text/fhirpath.'],
    [
      'FHIRPath で書き、language を text/fhirpath にしてください。',
      'Write it in FHIRPath and set language to text/fhirpath.'
    ]
  ),
  unsupported: fault(
    'que-unsupported',
    ['まだ判定できない拡張です。', 'An extension that is not judged here.'],
    ['この拡張を使わずに表してください。', 'Say it without this extension.']
  ),
  items: fault(
    'que-size',
    ['項目が {limit} を超えています。', 'The form has more than {limit} items.'],
    ['様式を分けてください。', 'Split the form.']
  ),
  depth: fault(
    'que-depth',
    ['項目の入れ子が {limit} 段を超えています。', 'Items are nested more than {limit} deep.'],
    ['入れ子を浅くしてください。', 'Nest the items less deeply.']
  ),
  length: fault(
    'que-length',
    ['式またはパターンが {limit} 文字を超えています。', 'An expression or pattern is longer than {limit} characters.'],
    ['短く書き直してください。', 'Write it shorter.']
  ),
  class: fault(
    'que-class',
    [
      '項目に開示区分がないか、決められた区分ではありません。',
      'An item has no disclosure class, or one that is not on the list.'
    ],
    ['disclosure-class に一覧の区分を一つ書いてください。', 'Give one class of the list in disclosure-class.']
  )
} as const satisfies Readonly<Record<string, Finding>>

export type FaultKey = keyof typeof faults
