import type { Presented } from '../document/presented.ts'
import { Refusal } from '../outcome/refusal.ts'
import { ProofError, proofAlgorithms } from './dpop.ts'

/** A token and how it was shown: each scheme has its own way to prove whose it is. */
export interface ShownToken {
  readonly scheme: 'Bearer' | 'DPoP'
  readonly token: string
}

const algorithms = `algs="${proofAlgorithms.join(' ')}"`
/** Longer ones are none of ours and not looked at. */
export const maxTokenLength = 8192

/**
 * The value of `WWW-Authenticate`: the scheme that was used, with what was wrong, and the other one. Whoever sent no token at all
 * is told of no error.
 * @see RFC 6750 section 3, RFC 9449 sections 7.1 and 7.2
 */
function challenge(scheme: ShownToken['scheme'], error: string | undefined, description?: string): string {
  const said = [
    ...(error === undefined ? [] : [`error="${error}"`]),
    ...(description === undefined ? [] : [`error_description="${description}"`])
  ]
  if (scheme === 'DPoP') return `DPoP ${[...said, algorithms].join(', ')}, Bearer`
  return `${['Bearer', ...(said.length > 0 ? [said.join(', ')] : [])].join(' ')}, DPoP ${algorithms}`
}

/**
 * The token of a call: one, in the header alone. One in the address would stand in every log on its way.
 * @throws Refusal `unauthorized`
 * @see RFC 6750 section 2.1, RFC 9449 section 7.1
 */
export function shownToken({ authorization, target }: Presented): ShownToken {
  const [field, ...more] = authorization
  const [, scheme = '', token = ''] = /^(Bearer|DPoP)(?: +([A-Za-z0-9._~+/=-]+))?$/i.exec(field ?? '') ?? []
  if (field === undefined || scheme === '') {
    throw new Refusal('unauthorized', { cause: 'no token', challenge: challenge('Bearer', undefined) })
  }
  const shown: ShownToken = { scheme: scheme.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer', token }
  const refuse = (cause: string, error: string) =>
    new Refusal('unauthorized', { cause, challenge: challenge(shown.scheme, error) })
  if (more.length > 0 || hasToken(target)) throw refuse('more than one token', 'invalid_request')
  if (token === '' || field.length > maxTokenLength) throw refuse('no token of ours', 'invalid_token')
  return shown
}

/** As the third way of RFC 6750 has it, which is taken by nobody here. */
function hasToken(target: string): boolean {
  const mark = target.indexOf('?')
  return mark !== -1 && new URLSearchParams(target.slice(mark + 1)).has('access_token')
}

/** A refusal as the holder of this token is told it; other errors stay what they are. */
export function challenged(error: unknown, { scheme }: ShownToken): unknown {
  if (error instanceof ProofError) {
    return new Refusal('unauthorized', {
      cause: error.message,
      challenge: challenge(scheme, error.error, error.message)
    })
  }
  if (!(error instanceof Refusal) || error.key !== 'unauthorized') return error
  return new Refusal('unauthorized', { cause: error.cause, challenge: challenge(scheme, 'invalid_token') })
}
