import { catalogue, type RefusalKey } from '../outcome/catalogue.ts'
import type { Bilingual, Issue } from '../outcome/issue.ts'
import { Refusal } from '../outcome/refusal.ts'

interface Rule {
  readonly refusal: RefusalKey
  /** FHIRPath expression of the place */
  readonly at: string
  readonly text: Bilingual
}

const block = 'Bundle.signature'
const jws = 'Bundle.signature.data'

/** What a signature can get wrong, one row each; the more telling refusals stand first, see `Faults.refuse`. */
const rules = {
  'sig-algorithm': {
    refusal: 'signature-algorithm',
    at: jws,
    text: {
      ja: 'alg は ES256、ES384、RS256、PS256、EdDSA のいずれかにしてください。',
      en: 'alg must be ES256, ES384, RS256, PS256 or EdDSA.'
    }
  },
  'sig-key-algorithm': {
    refusal: 'signature-algorithm',
    at: jws,
    text: {
      ja: 'alg がこの鍵に合いません(RSA は 2048 ビット以上)。',
      en: 'alg does not belong to this key (RSA: at least 2048 bits).'
    }
  },
  'sig-member': {
    refusal: 'signature-invalid',
    at: block,
    text: {
      ja: 'signature は署名の対象外なので、type、when、who、targetFormat、sigFormat、data のほかは書けません。',
      en: 'The signature itself is not signed, so it holds type, when, who, targetFormat, sigFormat, data and nothing else.'
    }
  },
  'sig-type': {
    refusal: 'signature-invalid',
    at: `${block}.type`,
    text: {
      ja: 'type は urn:iso-astm:E1762-95:2013 の定められた符号一つ(作成者は 1.2.840.10065.1.12.1.1)で、display は付けません。',
      en: 'type must be the one code of urn:iso-astm:E1762-95:2013 that belongs here (1.2.840.10065.1.12.1.1 for authors), without display.'
    }
  },
  'sig-when': {
    refusal: 'signature-invalid',
    at: `${block}.when`,
    text: {
      ja: 'when は時差付きの日時(instant)にしてください。',
      en: 'when must be an instant with its offset.'
    }
  },
  'sig-who': {
    refusal: 'signature-invalid',
    at: `${block}.who`,
    text: {
      ja: 'who には identifier(system と value だけ)が必要です。ほかに書けるのは同じ者を指す reference だけです。',
      en: 'who needs an identifier of system and value alone; only a reference to the same party may stand beside it.'
    }
  },
  'sig-target-format': {
    refusal: 'signature-invalid',
    at: `${block}.targetFormat`,
    text: {
      ja: 'targetFormat は application/fhir+json;canonicalization=http://hl7.org/fhir/canonicalization/json#document です。',
      en: 'targetFormat must be application/fhir+json;canonicalization=http://hl7.org/fhir/canonicalization/json#document.'
    }
  },
  'sig-format': {
    refusal: 'signature-invalid',
    at: `${block}.sigFormat`,
    text: { ja: 'sigFormat は application/jose です。', en: 'sigFormat must be application/jose.' }
  },
  'sig-data': {
    refusal: 'signature-invalid',
    at: jws,
    text: {
      ja: 'data は内容を外した JWS(header..signature)を base64 にしたものです。',
      en: 'data must be base64 of a detached compact JWS (header..signature).'
    }
  },
  'sig-critical': {
    refusal: 'signature-invalid',
    at: jws,
    text: {
      ja: 'crit に理解できない拡張があります。b64 は使えません。',
      en: 'crit names an extension that is not understood; b64 is not supported.'
    }
  },
  'sig-one-key': {
    refusal: 'signature-invalid',
    at: jws,
    text: {
      ja: '保護ヘッダーには kid と x5c のどちらか一つだけを書いてください。',
      en: 'The protected header needs exactly one of kid and x5c.'
    }
  },
  'sig-same-time': {
    refusal: 'signature-invalid',
    at: `${block}.when`,
    text: {
      ja: '保護ヘッダーの sigT は when と同じ文字列にしてください。',
      en: 'sigT of the protected header must be the very text of when.'
    }
  },
  'sig-canon': {
    refusal: 'signature-invalid',
    at: jws,
    text: {
      ja: '保護ヘッダーの canon は http://hl7.org/fhir/canonicalization/json#document です。',
      en: 'canon of the protected header must be http://hl7.org/fhir/canonicalization/json#document.'
    }
  },
  'sig-commitment': {
    refusal: 'signature-invalid',
    at: jws,
    text: {
      ja: '保護ヘッダーの srCms[0].commId.id は urn:oid: に type の符号を続けたものです。',
      en: 'srCms[0].commId.id of the protected header must be urn:oid: and the code of type.'
    }
  },
  'sig-issuer': {
    refusal: 'signature-invalid',
    at: `${block}.who`,
    text: {
      ja: 'ゲートウェイの署名では who が保護ヘッダーの iss と一致しなければなりません。',
      en: 'In a signature of a gateway, who must be the iss of its protected header.'
    }
  },
  'sig-unsigned': {
    refusal: 'signature-invalid',
    at: 'Bundle.meta',
    text: {
      ja: 'ゲートウェイの文書では、署名の対象外の id はなく、meta は文書のプロファイルだけです。',
      en: 'A document of a gateway has no id and a meta of the document profile alone, since neither is signed.'
    }
  },
  'sig-x5c': {
    refusal: 'signature-invalid',
    at: jws,
    text: {
      ja: 'x5c は証明書(DER、8 KiB 以内)を base64 にしたもので、署名者を先頭に 5 枚以内です。',
      en: 'x5c must hold at most 5 certificates in base64 DER of at most 8 KiB, the signer first.'
    }
  },
  'sig-verify': {
    refusal: 'signature-invalid',
    at: block,
    text: {
      ja: '署名が文書の正準形(RFC 8785、id・meta・signature を除く)に合いません。',
      en: 'The signature does not hold over the canonical form (RFC 8785 without id, meta, signature).'
    }
  },
  'sig-key-unknown': {
    refusal: 'signer-unknown',
    at: jws,
    text: {
      ja: 'この kid の鍵は、あなたの組織の署名鍵として登録されていません。',
      en: 'No signing key of this kid is registered for your organisation.'
    }
  },
  'sig-untrusted': {
    refusal: 'certificate-untrusted',
    at: jws,
    text: {
      ja: 'x5c の証明書が信頼する認証局につながらないか、署名用ではありません。',
      en: 'The certificates of x5c do not lead to a trusted authority, or are not for signing.'
    }
  },
  'sig-weak-certificate': {
    refusal: 'certificate-untrusted',
    at: jws,
    text: {
      ja: 'x5c の証明書の署名または鍵が弱すぎます(SHA-256 以上、RSA は 2048 ビット以上)。',
      en: 'A certificate of x5c is signed too weakly or its key is too short (SHA-256, RSA of 2048 bits at least).'
    }
  },
  'sig-not-authority': {
    refusal: 'certificate-untrusted',
    at: jws,
    text: {
      ja: 'x5c の中に、認証局でない者が発行した証明書があります。',
      en: 'A certificate of x5c was issued by a party that is no authority.'
    }
  },
  'sig-path-length': {
    refusal: 'certificate-untrusted',
    at: jws,
    text: {
      ja: 'x5c の証明書の連なりが、認証局に許された長さを超えています。',
      en: 'The path of x5c is longer than its authority allows.'
    }
  },
  'sig-critical-extension': {
    refusal: 'certificate-untrusted',
    at: jws,
    text: {
      ja: 'x5c の証明書に、理解できない重要な(critical)拡張があります。',
      en: 'A certificate of x5c bears a critical extension that is not understood.'
    }
  },
  'sig-key-usage': {
    refusal: 'certificate-untrusted',
    at: jws,
    text: {
      ja: 'x5c の先頭の証明書は署名用(digitalSignature または nonRepudiation)ではありません。',
      en: 'The first certificate of x5c is not for signing (digitalSignature or nonRepudiation).'
    }
  },
  'sig-policy': {
    refusal: 'certificate-untrusted',
    at: jws,
    text: {
      ja: 'この認証局について認める証明書ポリシー(OID)が、x5c のすべての証明書にそろっていません。',
      en: 'No certificate policy (OID) that is accepted for this authority holds along the path of x5c.'
    }
  },
  'sig-expired': {
    refusal: 'certificate-expired',
    at: jws,
    text: {
      ja: '署名の日時に、x5c の証明書のいずれかが有効期間を過ぎていました。',
      en: 'At the time of signing a certificate of x5c had expired.'
    }
  },
  'sig-not-yet-valid': {
    refusal: 'certificate-expired',
    at: jws,
    text: {
      ja: '署名の日時に、x5c の証明書のいずれかがまだ有効になっていませんでした。',
      en: 'At the time of signing a certificate of x5c was not valid yet.'
    }
  },
  'sig-revoked': {
    refusal: 'certificate-revoked',
    at: jws,
    text: {
      ja: '署名の時点で、x5c の証明書のいずれかが失効していました。',
      en: 'At the time of signing a certificate of x5c was revoked.'
    }
  },
  'sig-revocation-unknown': {
    refusal: 'certificate-untrusted',
    at: jws,
    text: {
      ja: 'x5c の証明書が失効していないことを確かめられません。この認証局にはその確認が必要です。',
      en: 'Nothing could be learnt of the revocation of x5c, which this authority needs.'
    }
  },
  'sig-role': {
    refusal: 'qualification-missing',
    at: jws,
    text: {
      ja: '証明書の資格(hcRole)が医師の登録番号による署名に合いません。',
      en: 'The role in the certificate (hcRole) does not go with the number of a physician.'
    }
  },
  'sig-assurance': {
    refusal: 'qualification-missing',
    at: block,
    text: {
      ja: '署名がこの欄に必要な保証水準(資格の証明、失効の確認)に達していません。',
      en: 'The signature is not worth what its slot asks for (certificate, qualification, revocation).'
    }
  },
  'sig-future': {
    refusal: 'signature-time-implausible',
    at: `${block}.when`,
    text: {
      ja: '署名の日時が受け取りより 5 分以上後です。',
      en: 'The time of signing is more than 5 minutes after receipt.'
    }
  },
  'sig-old': {
    refusal: 'signature-time-implausible',
    at: `${block}.when`,
    text: {
      ja: '署名の日時が受け取りより 24 時間以上前です。',
      en: 'The time of signing is more than 24 hours before receipt.'
    }
  },
  'sig-author': {
    refusal: 'signer-mismatch',
    at: `${block}.who`,
    text: {
      ja: 'who が Composition.author の医師または組織の identifier と一致しません。',
      en: 'who is not an identifier of a practitioner or organisation of Composition.author.'
    }
  },
  'sig-organization': {
    refusal: 'signer-mismatch',
    at: 'Bundle.entry[0].resource.author',
    text: {
      ja: '文書を作成した組織が、送った組織と一致しません。',
      en: 'The organisation that wrote the document is not the one that sends it.'
    }
  },
  'sig-certificate-identifier': {
    refusal: 'signer-mismatch',
    at: `${block}.who`,
    text: {
      ja: 'who.identifier.value が証明書の serialNumber、organizationIdentifier、subjectAltName のどれとも一致しません。',
      en: 'who.identifier.value is neither serialNumber nor organizationIdentifier nor a subjectAltName of the certificate.'
    }
  },
  'sig-certificate-name': {
    refusal: 'signer-mismatch',
    at: `${block}.who`,
    text: {
      ja: '証明書の名義が作成者の氏名または名称と一致しません。',
      en: 'The name in the certificate is not the name of the author.'
    }
  }
} as const satisfies Readonly<Record<string, Rule>>

export type SignatureRule = keyof typeof rules
/** Rules that a path of certificates can break, each with a word of its own. */
export type CertificateRule = Extract<
  SignatureRule,
  | 'sig-weak-certificate'
  | 'sig-not-authority'
  | 'sig-path-length'
  | 'sig-critical-extension'
  | 'sig-key-usage'
  | 'sig-policy'
  | 'sig-not-yet-valid'
>

/** Collects what is wrong with one signature, so that its author sees all that can be seen at once. */
export class Faults {
  readonly #found = new Set<SignatureRule>()

  add(rule: SignatureRule): void {
    this.#found.add(rule)
  }

  /** @throws Refusal of the first fault in the order of the table; `at` and `issues` name all */
  refuse(): void {
    const found = (Object.keys(rules) as SignatureRule[]).filter(rule => this.#found.has(rule))
    if (found[0] === undefined) return
    throw new Refusal(rules[found[0]].refusal, {
      at: [...new Set(found.map(rule => rules[rule].at))],
      issues: found.map(issueOf)
    })
  }
}

/** A fault that ends the checking, since nothing after it could be said. */
export function refusalFor(rule: SignatureRule, cause?: unknown): Refusal {
  return new Refusal(rules[rule].refusal, { at: [rules[rule].at], issues: [issueOf(rule)], cause })
}

function issueOf(rule: SignatureRule): Issue {
  const { refusal, at, text } = rules[rule]
  const { issue, fix } = catalogue[refusal]
  return { severity: 'error', code: issue, rule, expression: at, text, fix }
}
