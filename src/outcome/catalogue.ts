/** What one refusal means to everybody: HTTP status, FHIR issue type, what delivery does next, and the words. */
export interface Entry {
  readonly status: number
  /** FHIR R4 issue-type code (http://hl7.org/fhir/issue-type) */
  readonly issue: string
  /** whether the same request can succeed later without being changed */
  readonly retry: 'never' | 'later'
  readonly ja: string
  readonly en: string
  readonly fix: { readonly ja: string; readonly en: string }
}

/**
 * Every refusal this gateway can utter. Partners branch on the key, so keys outlive wordings (contract §4).
 * No text here may carry content of a document: the place goes into `at`, the value never.
 */
export const catalogue = {
  // 400: the request cannot be read
  'invalid-json': {
    status: 400,
    issue: 'structure',
    retry: 'never',
    ja: 'JSON として読めません。',
    en: 'This cannot be read as JSON.',
    fix: {
      ja: 'UTF-8(BOM なし)の正しい JSON を送ってください。位置は expression にあります。',
      en: 'Send well-formed JSON in UTF-8 without BOM; the place is given in the expression.'
    }
  },
  'invalid-xml': {
    status: 400,
    issue: 'structure',
    retry: 'never',
    ja: 'FHIR の XML として読めません。',
    en: 'This cannot be read as FHIR XML.',
    fix: {
      ja: 'DOCTYPE・CDATA・処理命令のない UTF-8(BOM なし)の FHIR R4 XML を、定義の順で送ってください。位置は expression にあります。',
      en: 'Send FHIR R4 XML in UTF-8 without BOM, DOCTYPE, CDATA or processing instructions, elements in the order of the definition; the place is given in the expression.'
    }
  },
  'duplicate-key': {
    status: 400,
    issue: 'structure',
    retry: 'never',
    ja: '同じ名前のメンバーが二度あります。',
    en: 'A member name occurs twice in one object.',
    fix: {
      ja: '各オブジェクトの中で名前を一度だけ使ってください。',
      en: 'Use each name once in an object.'
    }
  },
  'too-deep': {
    status: 400,
    issue: 'too-costly',
    retry: 'never',
    ja: '入れ子が深すぎます。',
    en: 'The nesting is too deep.',
    fix: { ja: '入れ子を 64 段以内にしてください。', en: 'Keep the nesting within 64 levels.' }
  },
  'invalid-csv': {
    status: 400,
    issue: 'structure',
    retry: 'never',
    ja: 'この CSV は取り込めません。',
    en: 'This CSV cannot be imported.',
    fix: {
      ja: '示された箇所を直し、UTF-8 の CSV(1 行目は項目名)としてもう一度送ってください。',
      en: 'Correct the places that are named and send it again as CSV in UTF-8 with the columns in its first line.'
    }
  },
  'parameter-invalid': {
    status: 400,
    issue: 'value',
    retry: 'never',
    ja: 'パラメーターが正しくありません。',
    en: 'A parameter is missing or not of its form.',
    fix: { ja: '示された名前のパラメーターを直してください。', en: 'Correct the parameter that is named.' }
  },
  // 401, 403: the caller
  unauthorized: {
    status: 401,
    issue: 'login',
    retry: 'never',
    ja: '有効なアクセストークンまたはセッションがありません。',
    en: 'There is no valid access token or session.',
    fix: {
      ja: '/oauth2/token で新しいトークンを取得するか、もう一度ログインしてください。',
      en: 'Get a new token at /oauth2/token, or log in again.'
    }
  },
  'insufficient-scope': {
    status: 403,
    issue: 'forbidden',
    retry: 'never',
    ja: 'トークンのスコープにこの操作が含まれていません。',
    en: 'The scope of the token does not cover this call.',
    fix: { ja: '必要なスコープを付けてトークンを取り直してください。', en: 'Ask for a token with the scope needed.' }
  },
  'role-not-allowed': {
    status: 403,
    issue: 'forbidden',
    retry: 'never',
    ja: 'この役割ではこの操作はできません。',
    en: 'This role may not make this call.',
    fix: { ja: '許された役割のクライアントで呼び出してください。', en: 'Call with a client of a role that may.' }
  },
  'acting-ambiguous': {
    status: 403,
    issue: 'forbidden',
    retry: 'never',
    ja: 'どの組織・役割・目的で呼び出すのかが決まりません。',
    en: 'It is not clear for which organisation, role or purpose this call acts.',
    fix: {
      ja: 'アサーションの extensions.ihe_iua に組織・役割・目的を一つずつ書いてください。',
      en: 'Name one organisation, role and purpose in extensions.ihe_iua of the assertion.'
    }
  },
  'person-missing': {
    status: 403,
    issue: 'forbidden',
    retry: 'never',
    ja: '健康情報を読む担当者が示されていません。',
    en: 'The person who reads health information is not named.',
    fix: {
      ja: 'アサーションの extensions.ihe_iua に subject_id と subject_name を書いてください。',
      en: 'Give subject_id and subject_name in extensions.ihe_iua of the assertion.'
    }
  },
  'step-up-needed': {
    status: 403,
    issue: 'login',
    retry: 'never',
    ja: 'この操作には、直前の本人確認(パスキー)が必要です。',
    en: 'This needs a proof of presence, by passkey, of the last five minutes.',
    fix: {
      ja: '/session/step-up で本人確認をし、新しいトークンで送ってください。',
      en: 'Prove it at /session/step-up and send again with a new token.'
    }
  },
  // 404 … 415: the door
  'not-found': {
    status: 404,
    issue: 'not-found',
    retry: 'never',
    ja: 'ここにはないか、あなたには開かれていません。',
    en: 'Not here, or not for you.',
    fix: { ja: '識別子を確かめてください。', en: 'Check the identifier.' }
  },
  'method-not-allowed': {
    status: 405,
    issue: 'not-supported',
    retry: 'never',
    ja: 'このメソッドは使えません。',
    en: 'This method is not allowed here.',
    fix: { ja: 'Allow ヘッダーのメソッドを使ってください。', en: 'Use a method of the Allow header.' }
  },
  'not-acceptable': {
    status: 406,
    issue: 'not-supported',
    retry: 'never',
    ja: '求められた形式では答えられません。',
    en: 'This cannot be answered in the format asked for.',
    fix: {
      ja: 'Accept を application/fhir+json にしてください。',
      en: 'Accept application/fhir+json, which can hold everything.'
    }
  },
  'too-large': {
    status: 413,
    issue: 'too-long',
    retry: 'never',
    ja: '大きすぎます。',
    en: 'The body is too large.',
    fix: { ja: '1 MiB 以内にしてください。', en: 'Keep it within 1 MiB.' }
  },
  'media-type': {
    status: 415,
    issue: 'not-supported',
    retry: 'never',
    ja: 'この形式の本文は受け付けません。',
    en: 'A body of this media type is not accepted here.',
    fix: {
      ja: 'FHIR では application/fhir+json か application/fhir+xml(署名のある文書は JSON のみ)、その他では application/json で送ってください。',
      en: 'Send application/fhir+json or, but for signed documents, application/fhir+xml on FHIR routes; application/json elsewhere.'
    }
  },
  // 409, 412: the state
  'idempotency-conflict': {
    status: 409,
    issue: 'duplicate',
    retry: 'never',
    ja: '同じ Idempotency-Key が別の内容で使われています。',
    en: 'This Idempotency-Key was used with another body.',
    fix: { ja: '新しいキーを使ってください。', en: 'Use a new key.' }
  },
  'document-identifier-reused': {
    status: 409,
    issue: 'duplicate',
    retry: 'never',
    ja: '同じ文書識別子の、内容の異なる文書が既に記録されています。',
    en: 'A document with this identifier and other bytes is recorded already.',
    fix: {
      ja: '訂正は新しい識別子と Composition.relatesTo(replaces)で行ってください。',
      en: 'Correct a document by a new identifier and Composition.relatesTo (replaces).'
    }
  },
  'case-state': {
    status: 409,
    issue: 'conflict',
    retry: 'never',
    ja: 'ケースの今の状態ではできません。',
    en: 'The state of the case does not allow this.',
    fix: { ja: 'ケースの状態を読み直してください。', en: 'Read the state of the case again.' }
  },
  'consent-immutable': {
    status: 409,
    issue: 'conflict',
    retry: 'never',
    ja: '同意は変更できません。撤回するか、新しい同意で置き換えます。',
    en: 'A consent is not changed: it is withdrawn or replaced by a new one.',
    fix: {
      ja: 'status だけを inactive にして撤回するか、replaces を付けた新しい同意を送ってください。',
      en: 'Set only status to inactive, or post a new consent with the extension replaces.'
    }
  },
  'decision-changed': {
    status: 409,
    issue: 'conflict',
    retry: 'later',
    ja: '判断の間に同意またはケースが変わりました。',
    en: 'A consent or the case changed while this was decided.',
    fix: { ja: 'もう一度送ってください。', en: 'Send it again.' }
  },
  'precondition-failed': {
    status: 412,
    issue: 'conflict',
    retry: 'never',
    ja: 'If-Match の版が今の版と異なります。',
    en: 'The version in If-Match is not the current one.',
    fix: { ja: '読み直して ETag を If-Match に入れてください。', en: 'Read again and put its ETag into If-Match.' }
  },
  // 422: the document
  'resource-type': {
    status: 422,
    issue: 'invalid',
    retry: 'never',
    ja: 'ここで受け付ける資源ではありません。',
    en: 'This is not the resource that belongs here.',
    fix: { ja: '示された種類の資源を送ってください。', en: 'Send the resource that this route names.' }
  },
  'document-kind-unknown': {
    status: 422,
    issue: 'code-invalid',
    retry: 'never',
    ja: '文書の種類が分かりません。',
    en: 'The kind of document is not known.',
    fix: {
      ja: 'Composition.type に CodeSystem/document-kind の符号を書いてください。',
      en: 'Put a code of CodeSystem/document-kind into Composition.type.'
    }
  },
  'form-version-unknown': {
    status: 422,
    issue: 'not-found',
    retry: 'never',
    ja: '様式またはその版が分かりません。',
    en: 'The form or its version is not known.',
    fix: {
      ja: 'QuestionnaireResponse.questionnaire に「URL|版」を書いてください。',
      en: 'Put url|version of a published form into QuestionnaireResponse.questionnaire.'
    }
  },
  'form-invalid': {
    status: 422,
    issue: 'invariant',
    retry: 'never',
    ja: '様式の決まりに合わない回答があります。',
    en: 'An answer does not fit the form.',
    fix: { ja: '各 issue の示す箇所を直してください。', en: 'Correct each place that an issue names.' }
  },
  'profile-invalid': {
    status: 422,
    issue: 'structure',
    retry: 'never',
    ja: '文書の構造が決まりに合いません。',
    en: 'The structure of the document does not fit its profile.',
    fix: { ja: '各 issue の示す箇所を直してください。', en: 'Correct each place that an issue names.' }
  },
  'ambiguous-number': {
    status: 422,
    issue: 'value',
    retry: 'never',
    ja: '数の書き方が一通りに決まりません(RFC 8785)。',
    en: 'A number is not written as RFC 8785 writes it.',
    fix: { ja: '1.0 は 1、1e3 は 1000 と書いてください。', en: 'Write 1.0 as 1 and 1e3 as 1000.' }
  },
  'reference-unresolved': {
    status: 422,
    issue: 'not-found',
    retry: 'never',
    ja: '参照先が文書の中にありません。',
    en: 'A reference does not resolve inside the document.',
    fix: { ja: '参照先の fullUrl を確かめてください。', en: 'Check the fullUrl that is referred to.' }
  },
  'identifier-check-digit': {
    status: 422,
    issue: 'value',
    retry: 'never',
    ja: '識別子の検査数字が合いません。',
    en: 'The check digit of an identifier does not fit.',
    fix: { ja: '番号を確かめてください。', en: 'Check the number.' }
  },
  'my-number': {
    status: 422,
    issue: 'business-rule',
    retry: 'never',
    ja: 'マイナンバーは受け付けません。',
    en: 'An individual number (My Number) is not accepted.',
    fix: { ja: 'この番号を除いてください。', en: 'Leave this number out.' }
  },
  // 422: case and consent
  'case-unknown': {
    status: 422,
    issue: 'not-found',
    retry: 'never',
    ja: 'あなたの組織が参加しているケースではありません。',
    en: 'This is no case that your organisation has joined.',
    fix: {
      ja: 'Composition.event.detail にケースの識別子を書いてください。',
      en: 'Put the identifier of the case into Composition.event.detail.'
    }
  },
  'case-person-mismatch': {
    status: 422,
    issue: 'conflict',
    retry: 'never',
    ja: 'ケースの本人と一致しません。',
    en: 'The person is not the one of the case.',
    fix: {
      ja: '本人に氏名・生年月日・本人識別子を確かめてください。',
      en: 'Ask the worker to check name, birth date and subject identifier.'
    }
  },
  'custody-missing': {
    status: 422,
    issue: 'business-rule',
    retry: 'never',
    ja: '本人の「保管箱への預入」の同意がありません。',
    en: "There is no consent of the worker to keep documents in the worker's box.",
    fix: { ja: '本人に同意を求めてください。', en: 'Ask the worker for the consent of custody.' }
  },
  'code-invalid': {
    status: 422,
    issue: 'value',
    retry: 'never',
    ja: 'このコードは使えません。',
    en: 'This code cannot be used.',
    fix: { ja: '新しいコードをもらってください。', en: 'Ask for a new code.' }
  },
  'consent-blanket': {
    status: 422,
    issue: 'business-rule',
    retry: 'never',
    ja: '受け手・目的・種類・項目・終わりのない包括的な同意は受け付けません。',
    en: 'A consent without recipient, purpose, kind, items or end is not accepted.',
    fix: {
      ja: '受け手の役割、目的、文書の種類、項目の区分、終わりの日を書いてください。',
      en: 'Name recipient role, purpose, document kind, item classes and an end.'
    }
  },
  'consent-period': {
    status: 422,
    issue: 'value',
    retry: 'never',
    ja: '同意の期間が正しくありません。',
    en: 'The period of the consent does not hold.',
    fix: { ja: '始まりは終わりより前、終わりは未来にしてください。', en: 'Start before end, and end in the future.' }
  },
  'recipient-unknown': {
    status: 422,
    issue: 'not-found',
    retry: 'never',
    ja: '受け手がこのケースにいません。',
    en: 'The recipient is not a member of this case.',
    fix: {
      ja: 'ケースの CareTeam にある PractitionerRole を書いてください。',
      en: 'Name a PractitionerRole of the CareTeam of the case.'
    }
  },
  'handling-rules-missing': {
    status: 422,
    issue: 'business-rule',
    retry: 'never',
    ja: '受け手の事業場の健康情報取扱規程が登録されていません。',
    en: 'The handling rules for health information of this workplace are not recorded.',
    fix: { ja: '事業場に取扱規程の登録を求めてください。', en: 'Ask the workplace to have its rules recorded.' }
  },
  // 422: the signature
  'signature-missing': {
    status: 422,
    issue: 'required',
    retry: 'never',
    ja: '署名がありません。',
    en: 'There is no signature.',
    fix: { ja: 'Bundle.signature を付けてください。', en: 'Add Bundle.signature.' }
  },
  'signature-invalid': {
    status: 422,
    issue: 'security',
    retry: 'never',
    ja: '署名が文書に合いません。',
    en: 'The signature does not hold over this document.',
    fix: {
      ja: '署名した後で文書を変えていないか、正準形(RFC 8785、id・meta・signature を除く)を確かめてください。',
      en: 'Check that nothing changed after signing, and the canonical form (RFC 8785 without id, meta, signature).'
    }
  },
  'signature-algorithm': {
    status: 422,
    issue: 'security',
    retry: 'never',
    ja: 'この署名方式は使えません。',
    en: 'This signature algorithm is not accepted.',
    fix: { ja: 'ES256、ES384、RS256、PS256、EdDSA を使ってください。', en: 'Use ES256, ES384, RS256, PS256 or EdDSA.' }
  },
  'signer-unknown': {
    status: 422,
    issue: 'security',
    retry: 'never',
    ja: '署名した鍵が登録されていません。',
    en: 'The key that signed is not registered.',
    fix: {
      ja: '公開鍵を signingKeys に登録するか、x5c に証明書を入れてください。',
      en: 'Register the public key as signing key, or put the certificate chain into x5c.'
    }
  },
  'signer-mismatch': {
    status: 422,
    issue: 'security',
    retry: 'never',
    ja: '署名者が文書の作成者と一致しません。',
    en: 'The signer is not the author of the document.',
    fix: {
      ja: 'Bundle.signature.who と Composition.author、証明書の名義を合わせてください。',
      en: 'Let Bundle.signature.who, Composition.author and the certificate name the same party.'
    }
  },
  'certificate-untrusted': {
    status: 422,
    issue: 'security',
    retry: 'never',
    ja: '証明書が信頼する認証局につながりません。',
    en: 'The certificate does not lead to a trusted authority.',
    fix: {
      ja: '中間証明書まで x5c に入れ、認証局を確かめてください。',
      en: 'Put the intermediate certificates into x5c and check the authority.'
    }
  },
  'certificate-expired': {
    status: 422,
    issue: 'security',
    retry: 'never',
    ja: '署名の時点で証明書が有効期間の外でした。',
    en: 'The certificate was outside its validity when it signed.',
    fix: { ja: '有効な証明書で署名し直してください。', en: 'Sign again with a valid certificate.' }
  },
  'certificate-revoked': {
    status: 422,
    issue: 'security',
    retry: 'never',
    ja: '署名の時点で証明書が失効していました。',
    en: 'The certificate was revoked when it signed.',
    fix: { ja: '有効な証明書で署名し直してください。', en: 'Sign again with a valid certificate.' }
  },
  'qualification-missing': {
    status: 422,
    issue: 'security',
    retry: 'never',
    ja: '署名に必要な資格の証明がありません。',
    en: 'The signature lacks the qualification that it needs.',
    fix: {
      ja: '国家資格を証明する証明書(HPKI など)で署名してください。',
      en: 'Sign with a certificate that proves the national qualification (HPKI or equal).'
    }
  },
  'signature-time-implausible': {
    status: 422,
    issue: 'security',
    retry: 'never',
    ja: '署名の日時が受け取りの日時と合いません。',
    en: 'The time of signing does not fit the time of receipt.',
    fix: {
      ja: '署名日時は受け取りの 24 時間前から 5 分後までの間にしてください。',
      en: 'Sign between 24 hours before and 5 minutes after receipt.'
    }
  },
  'sd-jwt-mismatch': {
    status: 422,
    issue: 'security',
    retry: 'never',
    ja: 'SD-JWT の内容が文書と一致しません。',
    en: 'The SD-JWT does not say what the document says.',
    fix: {
      ja: '同じ文書から作った SD-JWT を、すべての開示とともに送ってください。',
      en: 'Send the SD-JWT made of this very document, with all of its disclosures.'
    }
  },
  // 429, 503, 500: us
  'rate-limited': {
    status: 429,
    issue: 'throttled',
    retry: 'later',
    ja: '呼び出しが多すぎます。',
    en: 'Too many calls.',
    fix: { ja: 'Retry-After の後で送ってください。', en: 'Send again after Retry-After.' }
  },
  overloaded: {
    status: 503,
    issue: 'transient',
    retry: 'later',
    ja: '混み合っています。',
    en: 'Too much is under way.',
    fix: { ja: 'Retry-After の後で送ってください。', en: 'Send again after Retry-After.' }
  },
  'store-unavailable': {
    status: 503,
    issue: 'transient',
    retry: 'later',
    ja: '記録できませんでした。',
    en: 'Not recorded.',
    fix: { ja: 'もう一度送ってください。', en: 'Send it again.' }
  },
  'shutting-down': {
    status: 503,
    issue: 'transient',
    retry: 'later',
    ja: '停止の途中です。',
    en: 'The gateway is stopping.',
    fix: { ja: 'Retry-After の後で送ってください。', en: 'Send again after Retry-After.' }
  },
  defect: {
    status: 500,
    issue: 'exception',
    retry: 'later',
    ja: 'こちらの不具合です。',
    en: 'A defect of ours.',
    fix: { ja: '要求の番号を添えて知らせてください。', en: 'Tell us the request id.' }
  }
} as const satisfies Readonly<Record<string, Entry>>

export type RefusalKey = keyof typeof catalogue
