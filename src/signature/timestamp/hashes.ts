import { type Der, type DerMembers, oidText, tags } from '../../standards/der.ts'
import { DerError } from '../../standards/der-element.ts'
import { algorithmIdentifiers as ids } from './identifiers.ts'

export type Hash = 'sha256' | 'sha384' | 'sha512'

const strong: ReadonlyMap<string, Hash> = new Map([
  [ids.sha256, 'sha256'],
  [ids.sha384, 'sha384'],
  [ids.sha512, 'sha512']
])

/** An AlgorithmIdentifier: which algorithm, and its parameters where there are any. */
export interface AlgorithmId {
  readonly oid: string
  readonly parameters: Der | undefined
}

export function readAlgorithm(members: DerMembers): AlgorithmId {
  const algorithm = members.sequence()
  const oid = oidText(algorithm.next(tags.oid))
  const parameters = algorithm.isDone ? undefined : algorithm.any()
  algorithm.end()
  return { oid, parameters }
}

/**
 * @returns undefined for a hash that is too weak or not known
 * @throws DerError for parameters, of which these hashes have none (NULL is none, too: RFC 5754 section 2)
 */
export function hashOf({ oid, parameters }: AlgorithmId): Hash | undefined {
  if (parameters && !(parameters.tag === tags.null && parameters.content.length === 0))
    throw new DerError('a hash has no parameters')
  return strong.get(oid)
}
