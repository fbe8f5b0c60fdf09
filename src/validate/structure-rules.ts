import type { Rule } from './findings.ts'

function rule(key: string, code: string, ja: string, en: string, fixJa: string, fixEn: string): Rule {
  return { key, code, text: { ja, en }, fix: { ja: fixJa, en: fixEn } }
}

const sorts = {
  array: ['配列', 'a list'],
  object: ['オブジェクト', 'an object'],
  string: ['文字列', 'text'],
  number: ['数', 'a number'],
  boolean: ['true か false', 'true or false']
} as const

/** The JSON value is of another sort than the element wants. */
export const typeRules = Object.fromEntries(
  Object.entries(sorts).map(([sort, [ja, en]]) => [
    sort,
    rule(
      'r4-type',
      'structure',
      `${ja}ではありません。`,
      `This is not ${en}.`,
      `${ja}にしてください。`,
      `Write ${en} here.`
    )
  ])
) as Readonly<Record<keyof typeof sorts, Rule>>

export const unknownElement = rule(
  'r4-unknown-element',
  'structure',
  'FHIR R4 にない要素です。',
  'FHIR R4 has no such element here.',
  '名前を確かめるか、除いてください。',
  'Check the name, or leave it out.'
)

export const tooFew = rule(
  'r4-min',
  'required',
  '必須の要素がありません。',
  'A mandatory element is missing.',
  'この要素を加えてください。',
  'Add this element.'
)

export const tooMany = rule(
  'r4-max',
  'structure',
  '要素の数が多すぎます。',
  'The element occurs too often.',
  '許される数まで減らしてください。',
  'Leave only as many as are allowed.'
)

export const empty = rule(
  'r4-empty',
  'structure',
  '中身のない要素です(ele-1)。',
  'The element holds nothing (ele-1).',
  '値か拡張を書くか、要素ごと除いてください。',
  'Give a value or an extension, or leave the element out.'
)

export const severalTypes = rule(
  'r4-choice',
  'structure',
  '型を選ぶ要素に二つ以上の型があります。',
  'An element with a choice of types has more than one.',
  '一つの型だけにしてください。',
  'Keep only one of the types.'
)

export const extensionContent = rule(
  'r4-ext-1',
  'invariant',
  '拡張には値か内側の拡張のどちらか一方だけが必要です。',
  'An extension has either a value or extensions.',
  '値と内側の拡張のどちらか一方だけにしてください。',
  'Keep either the value or the extensions inside.'
)

export const modifier = rule(
  'r4-modifier-extension',
  'extension',
  '意味を変える拡張(modifierExtension)は受け付けません。',
  'A modifierExtension is not known here, so the element cannot be understood.',
  'modifierExtension を使わずに表してください。',
  'Say it without a modifierExtension.'
)

export const implicitRules = rule(
  'r4-implicit-rules',
  'not-supported',
  'implicitRules は受け付けません。',
  'No implicitRules are known here, so the resource cannot be understood.',
  'implicitRules を除いてください。',
  'Leave implicitRules out.'
)

export const resourceType = rule(
  'r4-resource-type',
  'structure',
  '資源の種類(resourceType)がないか、ここには置けません。',
  'The resourceType is missing, or no such resource belongs here.',
  'resourceType を確かめてください。',
  'Check the resourceType.'
)

export const requiredBinding = rule(
  'binding-required',
  'code-invalid',
  'この要素で使える符号ではありません。',
  'This code is not one of those that the element allows.',
  'FHIR R4 の値集合にある符号を使ってください。',
  'Use a code of the value set of FHIR R4.'
)

/** The rules above, but for those of `typeRules`. */
export const structureRules: Readonly<Record<string, Rule>> = {
  unknownElement,
  tooFew,
  tooMany,
  empty,
  severalTypes,
  extensionContent,
  modifier,
  implicitRules,
  resourceType,
  requiredBinding
}
