import type { CurrentSigner } from '../document/signer.ts'
import { encodeBase64url } from '../standards/base64url.ts'
import { inclusionProof, leafHash, type NodeAt, rootOf } from '../standards/merkle.ts'
import { type NoteSigner, signCheckpoint } from '../standards/signed-note.ts'
import type { CommitHead } from './ports.ts'

/** What a receipt states beside its proof (contract §6.3). */
export interface ReceiptFacts {
  readonly act: 'document-deposit' | 'document-disclose' | 'consent-withdraw' | 'document-erase'
  readonly reference: string
  /** SHA-256 of the bytes that this caller sent or got */
  readonly digest: Uint8Array
  readonly bytes: number
  readonly kind: string
  /** value in `{c}/IdSystem/case` */
  readonly case: string
  /** UTC with milliseconds */
  readonly recorded: string
  /** id of the audit record: makes the claims the same each time they are signed */
  readonly record: string
}

/** One leaf in one tree, with what proves it. */
export interface LeafProof {
  readonly leaf: number
  readonly entry: string
  readonly size: number
  readonly root: Uint8Array
  readonly nodeAt: NodeAt
}

/** The parts that sign: the gateway's base URL, its receipt key and the notary of the log's heads. */
export interface ReceiptParts {
  readonly issuer: string
  readonly signer: CurrentSigner
  readonly checkpoints: Checkpoints
}

/**
 * Signs a receipt: a compact JWS whose claims place the leaf of an act into the tree of its commit, so that whoever holds it
 * can prove later that the log was not rewritten. Signing again gives the same claims.
 */
export async function signReceipt(
  parts: ReceiptParts,
  facts: ReceiptFacts,
  proof: LeafProof,
  more: object = {}
): Promise<string> {
  const signer = parts.signer()
  const header = { alg: signer.alg, typ: 'ryoritsu-receipt+jwt', kid: signer.kid }
  const claims = {
    iss: parts.issuer,
    iat: Math.floor(Date.parse(facts.recorded) / 1000),
    jti: facts.record,
    act: facts.act,
    reference: facts.reference,
    document: encodeBase64url(facts.digest),
    bytes: facts.bytes,
    kind: facts.kind,
    case: facts.case,
    recorded: facts.recorded,
    leafIndex: proof.leaf,
    leafHash: encodeBase64url(leafHash(Buffer.from(proof.entry))),
    treeSize: proof.size,
    rootHash: encodeBase64url(proof.root),
    inclusion: inclusionProof(proof.leaf, proof.size, proof.nodeAt).map(encodeBase64url),
    checkpoint: await parts.checkpoints.of(proof.size, proof.root),
    ...more
  }
  const input = `${encodeBase64url(Buffer.from(JSON.stringify(header)))}.${encodeBase64url(Buffer.from(JSON.stringify(claims)))}`
  return `${input}.${encodeBase64url(await signer.sign(Buffer.from(input)))}`
}

/** The proof of a leaf in the head of the commit that has just made it; needs no reading. */
export function proofInCommit(head: CommitHead, leaf: number, entry: string): LeafProof {
  return {
    leaf,
    entry,
    size: head.size,
    root: rootOf(head.frontier),
    nodeAt: (level, index) => {
      const node = head.nodes.get(`${level}/${index}`)
      if (!node) throw new TypeError(`node ${level}/${index} is not of this commit`)
      return node
    }
  }
}

/**
 * Signs tree heads with the log key (C2SP checkpoint); while it is rotated with the old and the new one, so that a witness who
 * knows one of them can follow. Heads are asked for in bunches, one bunch a commit: the newest is kept.
 */
export class Checkpoints {
  readonly #origin: string
  readonly #signers: () => readonly NoteSigner[]
  #newest:
    | { readonly size: number; readonly signers: readonly NoteSigner[]; readonly note: Promise<string> }
    | undefined

  /**
   * @param origin `<host[:port]>/log` of the gateway (contract §11)
   * @param signers the keys that sign now; the same list as long as they are the same
   */
  constructor(origin: string, signers: () => readonly NoteSigner[]) {
    this.#origin = origin
    this.#signers = signers
  }

  /** @returns whether a note is of the log that goes by our name (C2SP signed note: the origin is its first line) */
  isOurs(note: string): boolean {
    return note.startsWith(`${this.#origin}\n`)
  }

  of(size: number, root: Uint8Array): Promise<string> {
    const signers = this.#signers()
    if (this.#newest?.size === size && this.#newest.signers === signers) return this.#newest.note
    const asked = { size, signers, note: signCheckpoint({ origin: this.#origin, size, root }, ...signers) }
    this.#newest = asked
    // a key that was not to be had for a moment must not fail this head until the log grows
    asked.note.catch(() => {
      if (this.#newest === asked) this.#newest = undefined
    })
    return asked.note
  }
}
