import type { Bilingual } from '../../outcome/issue.ts'

/** What one finding says. `{item}` and `{other}` become labels of the form, `{limit}` what the form demands. */
export interface Finding {
  /** `qr-NN`, NN being the number of the rule in the project's list of 55 */
  readonly rule: string
  readonly severity: 'error' | 'warning' | 'information'
  /** FHIR R4 issue-type code */
  readonly code: string
  readonly ja: string
  readonly en: string
  readonly fix: Bilingual
}

/**
 * Everything the engine can find in a response, in the order of the rules. No text holds an answer, nor anything else
 * that the sender wrote: the place is in the expression.
 */
export const findings = {
  'form-not-named': {
    rule: 'qr-01',
    severity: 'error',
    code: 'required',
    ja: '回答がどの様式のものか(questionnaire)書かれていません。',
    en: 'The response does not say which form it answers (questionnaire).',
    fix: {
      ja: 'questionnaire に様式の url と版を「url|版」で書いてください。',
      en: 'Give url and version of the form in questionnaire, as url|version.'
    }
  },
  'form-unknown': {
    rule: 'qr-02',
    severity: 'error',
    code: 'not-found',
    ja: 'この様式、またはその版は手元にありません。',
    en: 'This form, or this version of it, is not known here.',
    fix: { ja: 'questionnaire の url と版を確かめてください。', en: 'Check url and version in questionnaire.' }
  },
  'form-not-yet': {
    rule: 'qr-03',
    severity: 'warning',
    code: 'business-rule',
    ja: '様式の有効期間が始まる {limit} より前に書かれています。',
    en: 'It was authored before the form came into force on {limit}.',
    fix: { ja: 'その時に有効な版の様式を使ってください。', en: 'Use the version of the form that was in force then.' }
  },
  'form-no-longer': {
    rule: 'qr-03',
    severity: 'warning',
    code: 'business-rule',
    ja: '様式の有効期間が終わった {limit} より後に書かれています。',
    en: 'It was authored after the form went out of force on {limit}.',
    fix: { ja: '今の版の様式を使ってください。', en: 'Use the present version of the form.' }
  },
  'form-draft': {
    rule: 'qr-04',
    severity: 'error',
    code: 'business-rule',
    ja: '様式はまだ案(draft)です。',
    en: 'The form is a draft.',
    fix: { ja: '公開された版の様式を使ってください。', en: 'Use a published version of the form.' }
  },
  'form-draft-in-test': {
    rule: 'qr-04',
    severity: 'warning',
    code: 'business-rule',
    ja: '様式はまだ案(draft)で、試験でだけ使えます。',
    en: 'The form is a draft and good for tests only.',
    fix: {
      ja: '本番では公開された版の様式を使ってください。',
      en: 'Use a published version of the form in production.'
    }
  },
  'form-retired': {
    rule: 'qr-04',
    severity: 'warning',
    code: 'business-rule',
    ja: '様式は廃止されています。',
    en: 'The form is retired.',
    fix: { ja: '今の版の様式を使ってください。', en: 'Use the present version of the form.' }
  },
  'missing-in-draft': {
    rule: 'qr-05',
    severity: 'warning',
    code: 'required',
    ja: '必須の{item}がまだ記入されていません。',
    en: '{item} is required and not answered yet.',
    fix: { ja: '完成とするまでに記入してください。', en: 'Answer it before the response is completed.' }
  },
  missing: {
    rule: 'qr-06',
    severity: 'error',
    code: 'invariant',
    ja: '必須の{item}が記入されていません。',
    en: '{item} is required and not answered.',
    fix: { ja: 'この項目に記入してください。', en: 'Answer this item.' }
  },
  'missing-by-answer-in-draft': {
    rule: 'qr-05',
    severity: 'warning',
    code: 'required',
    ja: '{other}の回答により必須となる{item}がまだ記入されていません。',
    en: '{item} is required because of the answer to {other} and not answered yet.',
    fix: { ja: '完成とするまでに記入してください。', en: 'Answer it before the response is completed.' }
  },
  'missing-by-answer': {
    rule: 'qr-06',
    severity: 'error',
    code: 'invariant',
    ja: '{other}の回答により必須となる{item}が記入されていません。',
    en: '{item} is required because of the answer to {other} and not answered.',
    fix: {
      ja: 'この項目に記入するか、{other}の回答を見直してください。',
      en: 'Answer this item, or reconsider the answer to {other}.'
    }
  },
  'link-id-missing': {
    rule: 'qr-09',
    severity: 'error',
    code: 'required',
    ja: '項目に linkId がありません。',
    en: 'An item has no linkId.',
    fix: { ja: '様式の linkId を書いてください。', en: 'Give the linkId of the form.' }
  },
  'link-id-unknown': {
    rule: 'qr-10',
    severity: 'error',
    code: 'not-found',
    ja: 'この linkId の項目は様式にありません。',
    en: 'The form has no item with this linkId.',
    fix: {
      ja: 'linkId と様式の版を確かめ、様式にない項目を除いてください。',
      en: 'Check linkId and version of the form, and leave out items that it does not have.'
    }
  },
  'wrong-place': {
    rule: 'qr-11',
    severity: 'error',
    code: 'structure',
    ja: '{item}の置き場所が様式と異なります。',
    en: '{item} is not where the form has it.',
    fix: { ja: '様式と同じ階層に置いてください。', en: 'Put it below the same item as in the form.' }
  },
  'out-of-order': {
    rule: 'qr-12',
    severity: 'error',
    code: 'structure',
    ja: '{item}の順序が様式と異なります。',
    en: '{item} is not in the order of the form.',
    fix: { ja: '項目を様式の順に並べてください。', en: 'Put the items in the order of the form.' }
  },
  'item-repeated': {
    rule: 'qr-13',
    severity: 'error',
    code: 'structure',
    ja: '繰り返せない{item}が二度以上あります。',
    en: '{item} occurs more than once and does not repeat.',
    fix: { ja: '一つにしてください。', en: 'Keep one of them.' }
  },
  'answers-apart': {
    rule: 'qr-14',
    severity: 'error',
    code: 'structure',
    ja: '{item}の複数の回答が別々の item に分かれています。',
    en: 'The answers to {item} stand in several items.',
    fix: { ja: '一つの item の answer に並べてください。', en: 'Put them all into the answer of one item.' }
  },
  'answers-many': {
    rule: 'qr-14',
    severity: 'error',
    code: 'structure',
    ja: '{item}には回答を一つだけ書けます。',
    en: '{item} takes one answer only.',
    fix: { ja: '回答を一つにしてください。', en: 'Keep one answer.' }
  },
  'group-answered': {
    rule: 'qr-15',
    severity: 'error',
    code: 'structure',
    ja: '{item}はまとまり(group)なので、回答を持てません。',
    en: '{item} is a group and cannot have an answer.',
    fix: { ja: '中の項目を item の下に置いてください。', en: 'Put the items of the group below its item.' }
  },
  'items-beside-answer': {
    rule: 'qr-16',
    severity: 'error',
    code: 'structure',
    ja: '質問{item}の下の項目が answer の中にありません。',
    en: 'Items below the question {item} are not inside its answer.',
    fix: { ja: '下の項目を answer.item に移してください。', en: 'Move them to answer.item.' }
  },
  'display-answered': {
    rule: 'qr-17',
    severity: 'error',
    code: 'structure',
    ja: '{item}は表示だけの項目なので、回答も下の項目も持てません。',
    en: '{item} is only displayed: it has neither answers nor items.',
    fix: { ja: 'answer と item を除いてください。', en: 'Leave out its answer and item.' }
  },
  'text-differs': {
    rule: 'qr-18',
    severity: 'error',
    code: 'invariant',
    ja: '{item}の text が様式の文言と異なります。',
    en: 'The text of {item} is not that of the form.',
    fix: {
      ja: '様式の文言をそのまま写すか、text を除いてください。',
      en: 'Copy the text of the form, or leave it out.'
    }
  },
  'group-empty': {
    rule: 'qr-19',
    severity: 'error',
    code: 'invariant',
    ja: '必須の{item}の中に項目がありません。',
    en: '{item} is required and holds no item.',
    fix: { ja: '中の項目に記入してください。', en: 'Answer the items inside it.' }
  },
  'not-enabled': {
    rule: 'qr-22',
    severity: 'error',
    code: 'business-rule',
    ja: '{item}は、ほかの回答の内容からこの場合には書けない項目です。',
    en: '{item} does not apply here, by the answers to other items.',
    fix: {
      ja: 'この項目の回答を除くか、条件となる回答を見直してください。',
      en: 'Leave out its answer, or reconsider the answer that it depends on.'
    }
  },
  'not-comparable-condition': {
    rule: 'qr-28',
    severity: 'error',
    code: 'value',
    ja: 'この回答の型や単位では、{item}を書くかどうかを決められません。',
    en: 'By type or unit of this answer it cannot be decided whether {item} applies.',
    fix: { ja: '様式の型と単位で答えてください。', en: 'Answer in the type and unit of the form.' }
  },
  'condition-not-evaluated': {
    rule: 'qr-24',
    severity: 'error',
    code: 'processing',
    ja: '{item}の表示条件の式(enableWhenExpression)を評価できません。',
    en: 'The enableWhenExpression of {item} cannot be evaluated.',
    fix: { ja: '様式の式を確かめてください。', en: 'Check the expression of the form.' }
  },
  'wrong-type': {
    rule: 'qr-35',
    severity: 'error',
    code: 'value',
    ja: '{item}の回答の型が違います。{limit} で答える項目です。',
    en: 'The answer to {item} is of a wrong type; it takes {limit}.',
    fix: { ja: '{limit} に書いてください。', en: 'Write it as {limit}.' }
  },
  'several-values': {
    rule: 'qr-35',
    severity: 'error',
    code: 'structure',
    ja: '{item}の一つの answer に値が二つ以上あります。',
    en: 'One answer to {item} holds more than one value.',
    fix: { ja: 'answer ごとに値を一つ書いてください。', en: 'Write one value in each answer.' }
  },
  'not-of-its-form': {
    rule: 'qr-35',
    severity: 'error',
    code: 'value',
    ja: '{item}の回答が {limit} の書き方になっていません。',
    en: 'The answer to {item} is not written as a {limit}.',
    fix: {
      ja: 'FHIR の {limit} の書き方と、実在する日付や時刻であることを確かめてください。',
      en: 'Check that it is written as FHIR writes a {limit}, and that date or time exist.'
    }
  },
  'code-not-offered': {
    rule: 'qr-37',
    severity: 'error',
    code: 'code-invalid',
    ja: '{item}の選択肢にないコードです。',
    en: 'This code is not one of the options of {item}.',
    fix: {
      ja: '様式の選択肢(answerOption)のコードを、その system とともに書いてください。',
      en: 'Use a code of the options (answerOption) of the form, with its system.'
    }
  },
  'value-not-offered': {
    rule: 'qr-38',
    severity: 'error',
    code: 'code-invalid',
    ja: '{item}の選択肢にない値です。',
    en: 'This value is not one of the options of {item}.',
    fix: { ja: '様式の選択肢から選んでください。', en: 'Choose one of the options of the form.' }
  },
  'code-not-in-value-set': {
    rule: 'qr-39',
    severity: 'error',
    code: 'code-invalid',
    ja: '{item}の値セットにないコードです。',
    en: 'This code is not in the value set of {item}.',
    fix: { ja: '値セットのコードを使ってください。', en: 'Use a code of the value set.' }
  },
  'display-differs': {
    rule: 'qr-39',
    severity: 'error',
    code: 'code-invalid',
    ja: '{item}の回答の表示名が、値セットにあるそのコードの名前ではありません。',
    en: 'The display in the answer to {item} is not the name of its code in the value set.',
    fix: {
      ja: 'コードか表示名を直すか、表示名(display)を除いてください。',
      en: 'Correct the code or the display, or leave the display out.'
    }
  },
  'value-set-unknown': {
    rule: 'qr-39',
    severity: 'warning',
    code: 'not-supported',
    ja: '{item}の値セットが手元にないため、コードを確かめられません。',
    en: 'The value set of {item} is not known here, so the code was not checked.',
    fix: { ja: 'コードを確かめてください。', en: 'Check the code yourself.' }
  },
  'option-as-text': {
    rule: 'qr-40',
    severity: 'warning',
    code: 'business-rule',
    ja: '{item}の自由記載が選択肢の一つと同じです。おそらく誤りです。',
    en: 'The free text of {item} equals one of its options: probably an error.',
    fix: {
      ja: '選択肢のコード(valueCoding)で答えてください。',
      en: 'Answer with the code of the option (valueCoding).'
    }
  },
  'option-exclusive': {
    rule: 'qr-41',
    severity: 'error',
    code: 'business-rule',
    ja: '{item}のこの選択肢は、ほかの回答と一緒には選べません。',
    en: 'This option of {item} cannot be chosen together with another answer.',
    fix: { ja: 'この選択肢だけにするか、これを外してください。', en: 'Keep this option alone, or leave it out.' }
  },
  'below-minimum': {
    rule: 'qr-44',
    severity: 'error',
    code: 'value',
    ja: '{item}は {limit} 以上でなければなりません。',
    en: '{item} must be {limit} or more.',
    fix: { ja: '値を確かめてください。', en: 'Check the value.' }
  },
  'above-maximum': {
    rule: 'qr-44',
    severity: 'error',
    code: 'value',
    ja: '{item}は {limit} 以下でなければなりません。',
    en: '{item} must be {limit} or less.',
    fix: { ja: '値を確かめてください。', en: 'Check the value.' }
  },
  'not-comparable-bound': {
    rule: 'qr-44',
    severity: 'error',
    code: 'value',
    ja: '{item}が {limit} の前か後か決まりません。',
    en: 'It cannot be told whether {item} lies before or after {limit}.',
    fix: { ja: '年月日まで書いてください。', en: 'Write year, month and day.' }
  },
  'bound-not-evaluated': {
    rule: 'qr-44',
    severity: 'error',
    code: 'exception',
    ja: '{item}の限度を様式の式から計算できません。',
    en: 'The bound of {item} cannot be computed by the expression of the form.',
    fix: {
      ja: '式が用いる回答を確かめ、直らなければ様式の発行者に伝えてください。',
      en: 'Check the answers that the expression uses; else tell the publisher of the form.'
    }
  },
  'before-other': {
    rule: 'qr-44',
    severity: 'error',
    code: 'value',
    ja: '{item}が{other}より前です。',
    en: '{item} is before {other}.',
    fix: { ja: '二つの日付を確かめてください。', en: 'Check both dates.' }
  },
  'not-comparable-other': {
    rule: 'qr-44',
    severity: 'error',
    code: 'value',
    ja: '{item}と{other}のどちらが前か決まりません。',
    en: 'It cannot be told whether {item} or {other} comes first.',
    fix: { ja: 'どちらも年月日まで書いてください。', en: 'Write both with year, month and day.' }
  },
  'below-minimum-quantity': {
    rule: 'qr-45',
    severity: 'error',
    code: 'value',
    ja: '{item}は {limit} 以上でなければなりません。',
    en: '{item} must be {limit} or more.',
    fix: { ja: '値と単位を確かめてください。', en: 'Check value and unit.' }
  },
  'above-maximum-quantity': {
    rule: 'qr-45',
    severity: 'error',
    code: 'value',
    ja: '{item}は {limit} 以下でなければなりません。',
    en: '{item} must be {limit} or less.',
    fix: { ja: '値と単位を確かめてください。', en: 'Check value and unit.' }
  },
  'not-comparable-quantity': {
    rule: 'qr-45',
    severity: 'error',
    code: 'value',
    ja: '{item}の単位は、様式の限度 {limit} の単位と比べられません。',
    en: 'The unit of {item} does not compare with that of its bound, {limit}.',
    fix: {
      ja: '様式の限度と同じ種類の UCUM の単位で書いてください。',
      en: 'Write it in a UCUM unit that measures the same as the bound.'
    }
  },
  'decimal-places': {
    rule: 'qr-46',
    severity: 'error',
    code: 'value',
    ja: '{item}の小数は {limit} 桁までです。',
    en: '{item} takes at most {limit} decimal places.',
    fix: { ja: '小数点以下の桁を減らしてください。', en: 'Write fewer decimal places.' }
  },
  'unit-not-offered': {
    rule: 'qr-47',
    severity: 'error',
    code: 'code-invalid',
    ja: '{item}に使えない単位です。使える単位: {limit}',
    en: 'This unit is not one of those of {item}: {limit}',
    fix: { ja: '使える単位の system と code を書いてください。', en: 'Give system and code of one of those units.' }
  },
  'units-unknown': {
    rule: 'qr-47',
    severity: 'warning',
    code: 'not-supported',
    ja: '{item}の単位の値セットが手元にないため、単位を確かめられません。',
    en: 'The value set of units of {item} is not known here, so the unit was not checked.',
    fix: { ja: '単位を確かめてください。', en: 'Check the unit yourself.' }
  },
  'too-short': {
    rule: 'qr-48',
    severity: 'error',
    code: 'value',
    ja: '{item}は {limit} 文字以上で書いてください。',
    en: '{item} takes at least {limit} characters.',
    fix: { ja: '書き足してください。', en: 'Write more.' }
  },
  'too-long': {
    rule: 'qr-48',
    severity: 'error',
    code: 'too-long',
    ja: '{item}は {limit} 文字までです。',
    en: '{item} takes at most {limit} characters.',
    fix: { ja: '短くしてください。', en: 'Write less.' }
  },
  pattern: {
    rule: 'qr-48',
    severity: 'error',
    code: 'value',
    ja: '{item}の書き方が様式の定める形({limit})に合いません。',
    en: 'The answer to {item} does not have the form that is asked for ({limit}).',
    fix: { ja: '定められた形で書いてください。', en: 'Write it in that form.' }
  },
  'line-break': {
    rule: 'qr-48',
    severity: 'warning',
    code: 'value',
    ja: '一行の項目{item}に改行があります。',
    en: '{item} takes one line and its answer has a line break.',
    fix: { ja: '改行を除いてください。', en: 'Remove the line break.' }
  },
  'media-type-missing': {
    rule: 'qr-49',
    severity: 'error',
    code: 'required',
    ja: '{item}の添付に contentType がありません。',
    en: 'The attachment of {item} has no contentType.',
    fix: { ja: 'contentType を書いてください({limit})。', en: 'Give its contentType ({limit}).' }
  },
  'media-type-not-allowed': {
    rule: 'qr-49',
    severity: 'error',
    code: 'value',
    ja: '{item}の添付の形式が違います。許される形式: {limit}',
    en: 'The attachment of {item} is of a type that is not allowed; allowed: {limit}',
    fix: { ja: '許される形式で添付してください。', en: 'Attach it in one of the allowed types.' }
  },
  'attachment-too-large': {
    rule: 'qr-49',
    severity: 'error',
    code: 'too-long',
    ja: '{item}の添付は {limit} バイトまでです。',
    en: 'The attachment of {item} may have at most {limit} bytes.',
    fix: { ja: '小さくしてください。', en: 'Make it smaller.' }
  },
  'attachment-size-differs': {
    rule: 'qr-49',
    severity: 'error',
    code: 'value',
    ja: '{item}の添付の size が、実際の大きさと異なります。',
    en: 'The size stated for the attachment of {item} is not its size.',
    fix: { ja: 'size を直すか、除いてください。', en: 'Correct size, or leave it out.' }
  },
  'reference-malformed': {
    rule: 'qr-50',
    severity: 'error',
    code: 'value',
    ja: '{item}の参照の書き方が正しくありません。',
    en: 'The reference of {item} is not well-formed.',
    fix: {
      ja: '「種類/id」、完全な URL、urn:uuid: のいずれかで書いてください。',
      en: 'Write Type/id, an absolute URL or a urn:uuid:.'
    }
  },
  'reference-type': {
    rule: 'qr-50',
    severity: 'error',
    code: 'value',
    ja: '{item}が参照できるのは {limit} だけです。',
    en: '{item} may refer to {limit} only.',
    fix: { ja: '許される種類の資源を参照してください。', en: 'Refer to a resource of an allowed type.' }
  },
  'too-few': {
    rule: 'qr-51',
    severity: 'error',
    code: 'invariant',
    ja: '{item}は {limit} つ以上必要です。',
    en: '{item} is needed at least {limit} times.',
    fix: { ja: '足りない分を書いてください。', en: 'Add what is missing.' }
  },
  'too-few-in-draft': {
    rule: 'qr-51',
    severity: 'warning',
    code: 'required',
    ja: '{item}は {limit} つ以上必要です。',
    en: '{item} is needed at least {limit} times.',
    fix: { ja: '完成とするまでに書いてください。', en: 'Add what is missing before the response is completed.' }
  },
  'too-many': {
    rule: 'qr-51',
    severity: 'error',
    code: 'structure',
    ja: '{item}は {limit} つまでです。',
    en: '{item} may stand at most {limit} times.',
    fix: { ja: '減らしてください。', en: 'Leave some out.' }
  },
  constraint: {
    rule: 'qr-52',
    severity: 'error',
    code: 'invariant',
    ja: '様式の制約を満たしていません:{limit}',
    en: 'A constraint of the form does not hold: {limit}',
    fix: {
      ja: '様式の定める条件に合うように回答を見直してください。',
      en: 'Reconsider the answers so that the constraint holds.'
    }
  },
  'constraint-warning': {
    rule: 'qr-52',
    severity: 'warning',
    code: 'invariant',
    ja: '様式の制約を満たしていません:{limit}',
    en: 'A constraint of the form does not hold: {limit}',
    fix: { ja: '様式の定める条件に合うか見直してください。', en: 'Consider whether the constraint should hold.' }
  },
  'constraint-not-evaluated': {
    rule: 'qr-52',
    severity: 'error',
    code: 'processing',
    ja: '様式の制約を評価できません:{limit}',
    en: 'A constraint of the form cannot be evaluated: {limit}',
    fix: { ja: '様式の式を確かめてください。', en: 'Check the expression of the form.' }
  },
  'not-calculated': {
    rule: 'qr-55',
    severity: 'error',
    code: 'value',
    ja: '{item}の値が、様式の計算式による値と異なります。',
    en: 'The value of {item} is not the one that the form computes.',
    fix: { ja: '計算された値をそのまま使ってください。', en: 'Keep the computed value.' }
  },
  'calculation-not-evaluated': {
    rule: 'qr-55',
    severity: 'error',
    code: 'processing',
    ja: '{item}の式を評価できません。',
    en: 'The expression of {item} cannot be evaluated.',
    fix: { ja: '様式の式を確かめてください。', en: 'Check the expression of the form.' }
  }
} as const satisfies Readonly<Record<string, Finding>>

export type FindingKey = keyof typeof findings
