import type { Bilingual } from '../outcome/issue.ts'

/** One sort of advice: when it is given, and what it says. `{item}` becomes the label of the question. */
export interface Advice {
  readonly rule: `advise-${string}`
  /**
   * Tried on the text in NFKC, so that Ⅲ is III and full-width letters are plain. Each pattern is linear: no repetition
   * inside another, and gaps of a few characters only.
   */
  readonly patterns: readonly RegExp[]
  readonly ja: string
  readonly en: string
  readonly fix: Bilingual
}

const leaveOut = (what: string, whatInEnglish: string): Bilingual => ({
  ja: `職場での対応に必要でなければ、${what}を除いてください。`,
  en: `Leave out ${whatInEnglish} unless the workplace really needs it.`
})

const relatives =
  '(?:父方|母方|父|母|両親|兄弟|姉妹|兄|姉|弟|妹|祖父|祖母|叔父|叔母|伯父|伯母|おじ|おば|いとこ|親族|血縁者?|家族)'

/** Names that stand before a value. */
const measured = [
  '(?<![A-Za-z])(?:HbA1c|CRP|CEA|CA ?19-?9|CA ?125|CA ?15-?3|PSA|AFP|PIVKA(?:-II)?|AST|ALT|GOT|GPT|LDH|ALP|BNP|NT-proBNP|eGFR|BUN|Cre?|Hb|WBC|RBC|PLT|KL-6|CD4|LVEF|EF|INR|SpO2|MMSE|HDS-R|TSH)',
  '(?:γ-?GTP|血糖|白血球|赤血球|血小板|好中球|ヘモグロビン|クレアチニン|コレステロール|中性脂肪|尿酸|腫瘍マーカー|血圧|ビリルビン|アルブミン|左室駆出率)'
].join('|')

/**
 * What is not needed for work (rule P-7: stage or spread, prognosis, test values, genome, infection, family history).
 * Phrases are data: measured on the labelled set of the tests, and never a reason to refuse.
 */
export const advices: readonly Advice[] = [
  {
    rule: 'advise-stage',
    patterns: [
      /ステージ ?(?:[0-4IVX]|一|二|三|四)/,
      /\bstage ?(?:[0-4]|I{1,3}|IV)(?![A-Za-z]{2})/i,
      /病期|予後|余命|末期|生存率|根治(?:困難|不能|不可)/,
      /(?<![A-Za-z0-9])[cpy]{0,2}T(?:[0-4]|is|x)[a-d]? ?N[0-3x][a-c]? ?M[01x]/i,
      /転移|浸潤|播種|進行(?:性の?|した)?(?:がん|癌)/,
      /再発(?:した|して|が|率|リスク|の(?:可能性|おそれ|恐れ|リスク))/,
      /\bmetasta|\bprognosis\b/i
    ],
    ja: '{item}に、病期・転移・予後とみられる記載があります。',
    en: '{item} seems to tell stage, spread or prognosis of the disease.',
    fix: leaveOut('病期・転移・予後の記載', 'stage, spread and prognosis')
  },
  {
    rule: 'advise-test-value',
    patterns: [
      new RegExp(`(?:${measured})[^0-9。、\\n]{0,8}[0-9]`),
      /[0-9] ?(?:mg|g|ng|pg|μg|ug)\/(?:d|m)?l(?![a-z])/i,
      /[0-9] ?(?:m?I?U\/(?:m?l)|mmHg|mEq\/l|mmol\/l|\/μl|\/mm3|ml\/分|ml\/min)/i,
      /(?:腫瘍マーカー|検査値|肝機能|腎機能)[^。、\n]{0,8}(?:上昇|高値|低値|陽性|陰性|正常|異常)/
    ],
    ja: '{item}に、検査値とみられる記載があります。',
    en: '{item} seems to tell test values.',
    fix: leaveOut('検査値', 'test values')
  },
  {
    rule: 'advise-genome',
    patterns: [
      /ゲノム|遺伝子|遺伝(?:性|学|カウンセリング|検査)|染色体|変異(?!株)|リンチ症候群/,
      /(?<![A-Za-z])(?:BRCA|EGFR|KRAS|NRAS|BRAF|HER2|ROS1|MSI-?H|ALK(?=融合|陽性|陰性))/,
      /\bgenom|\bgenetic|\bmutation/i
    ],
    ja: '{item}に、ゲノム・遺伝情報とみられる記載があります。',
    en: '{item} seems to tell genome or genetic information.',
    fix: {
      ja: 'ゲノム情報を除いてください。事業主は収集できません。',
      en: 'Leave out genome information: an employer may not collect it.'
    }
  },
  {
    rule: 'advise-infection',
    patterns: [
      /(?<![A-Za-z])(?:HIV|AIDS|HBV|HCV|HBs|HBe|HTLV)/,
      /エイズ|後天性免疫不全|[A-E]型(?:慢性|急性|ウイルス性|非代償性|代償性)?(?:肝炎|肝硬変|肝がん|肝癌)|ウイルス性(?:慢性|急性)?肝(?:炎|硬変)|梅毒|結核/,
      /\bhepatitis [A-E]\b/i
    ],
    ja: '{item}に、感染症の有無や型とみられる記載があります。',
    en: '{item} seems to tell an infection or its type.',
    fix: leaveOut('感染症の記載', 'the infection')
  },
  {
    rule: 'advise-family-history',
    patterns: [
      /家族歴|家系|\bfamily history\b/i,
      new RegExp(
        `${relatives}(?:親)?(?:も|が|に|は|の|、)[^。、\\n]{0,10}(?:がん|癌|腫瘍|病(?![院状室棟児])|既往|発症|罹患|患って|亡く|死亡|死去)`
      )
    ],
    ja: '{item}に、家族の病歴とみられる記載があります。',
    en: '{item} seems to tell the medical history of relatives.',
    fix: leaveOut('家族の病歴', 'the history of relatives')
  }
]

/** Rule P-12. A number of twelve digits passes the check by chance once in eleven, hence only advice. */
export const myNumberAdvice: Omit<Advice, 'patterns'> = {
  rule: 'advise-my-number',
  ja: '{item}に、マイナンバーとみられる 12 桁の番号があります。',
  en: '{item} holds a number of 12 digits that looks like an individual number (My Number).',
  fix: {
    ja: 'マイナンバーであれば除いてください。この目的には使えません。',
    en: 'Leave it out if it is one: the law does not allow this use.'
  }
}

/** A conditional opinion that names no condition helps nobody. Which question, and where the conditions would stand. */
export const conditionalOpinions: readonly {
  readonly question: string
  readonly code: string
  readonly measures: readonly string[]
}[] = [
  { question: 'oc.canWork', code: 'conditional', measures: ['oc.measures'] },
  { question: 'or.opinion', code: 'conditional', measures: ['or.measures'] },
  { question: 'cd.opinion', code: 'conditional', measures: ['cd.measures.a', 'cd.measures.b', 'cd.measures.c'] },
  { question: 'oh.workClass', code: 'restricted', measures: ['oh.measures'] }
]

export const noMeasuresAdvice: Omit<Advice, 'patterns'> = {
  rule: 'advise-no-measures',
  ja: '{item}は条件付きですが、望ましい就業上の措置が書かれていません。',
  en: '{item} is conditional, but no work measures are written.',
  fix: { ja: '職場で何をすればよいかを書いてください。', en: 'Write what the workplace should do.' }
}
