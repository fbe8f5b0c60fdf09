/**
 * What is stored, as plain values: text, whole numbers and bytes, ready for either database or another thread.
 *
 * *Evidence* is inserted and never changed: the newest row is the state. *Working* rows may be replaced and removed; losing
 * one would lose no evidence. A column named `sealed` holds AES-256-GCM under the key that the comment names; a column that
 * ends in `Mac` holds an HMAC under the index key, base64url. Times are milliseconds since 1970 UTC.
 */
export interface Evidence {
  organization: { id: string; identifierSystem: string; identifierValue: string; name: string; at: number }
  /** one row each time a partner is added or changed; `body` is public configuration (JSON of scope, purposes, keys, webhook, rules) */
  partner: {
    client: string
    version: number
    organization: string
    party: string
    role: string
    body: string
    disabled: number
    at: number
  }
  /**
   * Further organisations for which a client acts, as which party, and the organisation's handling rules (JSON). One row each time
   * one is added or, with `ended` 1, taken away; `version` is that of the partner row of the same commit.
   */
  representation: {
    client: string
    organization: string
    version: number
    party: string
    handlingRules: string | null
    ended: number
    at: number
  }
  /** sealed under the case's key: the worker's name, kana, birth date and contact window (JSON) */
  caseFile: { id: string; identifier: string; kind: string; openedBy: string; sealed: Uint8Array; at: number }
  caseEvent: { case: string; version: number; state: string; cause: string; at: number }
  /** one row for each organisation (and the worker) that joined; sealed under the case's key: its local identifier (JSON) */
  member: {
    case: string
    organization: string
    side: string
    subject: string
    sealed: Uint8Array
    at: number
  }
  /** the hospital's reception, or JPKI, has seen the person (design §3) */
  confirmation: {
    case: string
    organization: string
    evidence: string
    by: string
    at: number
    /** the passkey with which the worker typed the code; null: a machine's client */
    credential: string | null
  }
  /**
   * A person who logs in. Role, organisation and party are those of the client of the same id, which has no keys. Sealed under a
   * key of its own: name and user handle (JSON)
   */
  account: { id: string; sealed: Uint8Array; at: number }
  invitation: { codeMac: string; case: string; side: string; by: string; expiresAt: number; at: number }
  /** sealed under the case's key: { resource, facts } (JSON) */
  consent: { id: string; version: number; case: string; status: string; sealed: Uint8Array; at: number }
  /** sealed under the document's key: the exact bytes; `verification` likewise: SignatureResult (JSON) */
  document: {
    id: string
    case: string
    kind: string
    version: string
    organization: string
    party: string
    identifierMac: string
    bytesMac: string
    size: number
    day: string
    sealed: Uint8Array
    verification: Uint8Array
    replaces: string | null
    at: number
  }
  /** one recipient's derived document; sealed under its own key */
  view: {
    id: string
    document: string
    case: string
    kind: string
    party: string
    /** the purpose for which it was released: a view for one says nothing to another */
    purpose: string
    organization: string
    releasedMac: string
    /** the view that this one took the place of */
    replaces: string | null
    size: number
    day: string
    sealed: Uint8Array
    at: number
  }
  /** a further signer's or confirmer's statement over a document; sealed under the document's key (Provenance JSON) */
  statement: {
    id: string
    document: string
    slot: string
    organization: string
    assurance: string
    sealed: Uint8Array
    at: number
  }
  /** what proves something about a document, beside it (a time-stamp over its signature); sealed under the document's key (JSON) */
  proof: { id: string; document: string; kind: string; sealed: Uint8Array; at: number }
  /**
   * What a reader may find: rows per reader, over that reader's own documents; codes, days and opaque ids only. `reader` is the
   * party for originals, `party/purpose` for derived documents.
   */
  finding: { reader: string; target: string; isView: number; case: string; kind: string; day: string; at: number }
  /** sealed under the record's key (contract §11); `entry` is the leaf: JCS of { id, time, hmac } */
  audit: {
    leaf: number
    /** size of the tree of its commit: receipts prove the leaf in that tree */
    tree: number
    id: string
    act: string
    outcome: string
    case: string | null
    document: string | null
    entry: string
    sealed: Uint8Array
    at: number
  }
  /** the organisations that were party to a record */
  auditParty: { organization: string; leaf: number; case: string | null; at: number }
  /** complete subtrees of the log (RFC 9162) */
  logNode: { level: number; position: number; hash: Uint8Array }
}

export interface Working {
  /** keys of cases, documents and views, each wrapped by the one above it; removing one erases what it sealed */
  keyWrap: { id: string; parent: string; wrapped: Uint8Array }
  caseVersion: { case: string; version: number }
  once: { scope: string; key: string; value: string; expiresAt: number | null }
  /** the six-digit code of a hospital's reception */
  receptionCode: { case: string; codeMac: string; evidence: string; by: string; expiresAt: number; triesLeft: number }
  /** sealed under the case's key: answers (JSON) and who has confirmed */
  draft: { case: string; kind: string; sealed: Uint8Array; revision: number; at: number }
  outbox: {
    id: string
    party: string
    purpose: string
    topic: string
    case: string
    document: string
    target: string
    state: string
    tries: number
    dueAt: number
    at: number
  }
  /** sealed under the index of `once`: the first answer to an Idempotency-Key */
  answer: { key: string; bodyMac: string; sealed: Uint8Array; expiresAt: number }
  logHead: { id: number; size: number; frontier: Uint8Array }
  /** many drafts out of one file; sealed under its own key: who asked, under which request (JSON) */
  import: { id: string; organization: string; total: number; sealed: Uint8Array; expiresAt: number; at: number }
  /**
   * One row of the file; `done` is 0 or 1, `case` the one whose draft it wrote, else ''. Sealed under the key of its import: what
   * is to be written until it is done, then only what came of it (JSON).
   */
  importRow: {
    id: string
    import: string
    row: number
    done: number
    case: string
    sealed: Uint8Array
    at: number
  }
  /** a document whose signature waits for its time-stamp; `attempt` is the one that comes next, from 1 */
  stampDue: { document: string; attempt: number; dueAt: number; at: number }
  /** the last head of the log that was stamped in an hour (since 1970): its signed note and the authority's reply, both public */
  logStamp: { hour: number; size: number; note: string; reply: Uint8Array; at: number }
  /**
   * A CRL or an OCSP response that a signature was judged by: public data, not sealed, under the SHA-256 of its bytes (base64url), so
   * that whoever writes it again writes the same. `place`: its url, for OCSP with the SHA-256 of the request. Never removed: documents
   * refer to it.
   */
  revocation: {
    hash: string
    kind: string
    place: string
    bytes: Uint8Array
    thisUpdate: number
    nextUpdate: number | null
    at: number
  }
  /** sealed under the account's key: credential id, public key, name, backup flags (JSON) */
  passkey: { id: string; account: string; credentialMac: string; sealed: Uint8Array; counter: number; at: number }
  /** `id` is the HMAC of the cookie; `expiresAt` its absolute end */
  session: {
    id: string
    account: string
    credential: string
    startedAt: number
    seenAt: number
    steppedUpAt: number
    expiresAt: number
  }
  /**
   * A code that lets its holder register a passkey for an account, once: the operator's invitation, or the recovery code of a
   * hospital's reception (`case`), whose first half finds it and whose second half is tried.
   */
  accountCode: {
    codeMac: string
    account: string
    case: string
    secretMac: string
    triesLeft: number
    expiresAt: number
  }
  /** who at an OpenID provider (HMAC of issuer and subject) holds which account */
  openIdAccount: { personMac: string; account: string; at: number }
  /** failed attempts of one network, or against one account, until they are forgotten */
  attempt: { key: string; count: number; expiresAt: number }
  /** what happened without a person who has to know of it; there until seen */
  notice: { id: string; organization: string; kind: string; case: string; reference: string; at: number }
}

export type EvidenceTable = keyof Evidence
export type WorkingTable = keyof Working
