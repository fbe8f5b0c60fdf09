import { claimedPasskey, judgePasskey } from '../../authenticate/passkey.ts'
import type { ChallengeUse } from '../../authenticate/passkey-challenge.ts'
import type { Partner } from '../../document/partner.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { appendAlways } from '../../record/append.ts'
import type { Guard, WriteSet } from '../../record/write-set.ts'
import { composer } from '../composer.ts'
import type { Parts } from '../parts.ts'
import { accountCounter, checkAttempts, networkCounter, noteFailure } from './attempts.ts'
import { credentialMac, expectChallenge, passkeyRow } from './passkey-row.ts'
import { callerOf, partnerOf } from './person-of.ts'
import type { StoredPasskey } from './ports.ts'

/** A request of a browser, for the records. */
export interface PersonCall {
  readonly request: string
  readonly at: number
  readonly address: string
}

/** A passkey that answered our challenge, and what the commit that lets it in must hold. */
export interface Proven {
  readonly passkey: StoredPasskey
  readonly partner: Partner
  /** counter and backup state as they are now */
  readonly working: Pick<WriteSet['working'], 'passkey'>
  readonly guards: (session: string) => readonly Guard[]
}

/**
 * Judges the answer of a browser by the passkey that it names. Every failure is the same refusal; those against a known account are
 * recorded, and all are counted. The right answer of a known passkey opens however often others failed before, on its network or in
 * its name: nobody can guess one, and nobody shall keep its owner out.
 * @throws Refusal `unauthorized`, `rate-limited`
 */
export async function provePasskey(
  parts: Parts,
  call: PersonCall,
  response: unknown,
  use: ChallengeUse
): Promise<Proven> {
  const { at, address } = call
  const { keyring } = parts.record
  const claimed = claimedPasskey(response)
  const passkey = claimed && (await parts.persons.passkeyByCredential(credentialMac(keyring, claimed.credentialId)))
  const partner = passkey && (await partnerOf(parts, passkey.account))
  if (!passkey || !partner) {
    const network = networkCounter(parts, address)
    await checkAttempts(parts, network, at)
    await noteFailure(parts, network, at)
    throw new Refusal('unauthorized', { cause: 'no passkey that may log in' })
  }
  const { account } = passkey
  const { expected, once } = expectChallenge(parts, use, at)
  try {
    const handle = (await parts.persons.account(account))?.handle
    if (claimed.userHandle !== undefined && claimed.userHandle !== handle) {
      throw new Refusal('unauthorized', { cause: 'a passkey of another account' })
    }
    const now = { ...passkey, ...(await judgePasskey(response, passkey, expected)) }
    const key = { id: passkey.id }
    return {
      passkey,
      partner,
      working: { passkey: [passkeyRow(keyring, await keyring.key(account), now)] },
      guards: session => [
        once(session),
        // it is still there, and no copy of it counted on meanwhile
        { kind: 'unchanged', table: 'passkey', key, column: 'account', value: account },
        { kind: 'unchanged', table: 'passkey', key, column: 'counter', value: passkey.counter }
      ]
    }
  } catch (error) {
    if (error instanceof Refusal && error.key === 'unauthorized') {
      await refusedPerson(parts, call, { passkey, partner }, 'assertion')
    }
    throw error
  }
}

/**
 * Records a refusal of a known account, and counts it.
 * @throws Refusal `rate-limited`, and no more records, where there were too many
 */
export async function refusedPerson(
  parts: Parts,
  call: PersonCall,
  { passkey, partner }: Pick<Proven, 'passkey' | 'partner'>,
  reason: 'assertion' | 'replay'
): Promise<void> {
  const { at, address } = call
  const session = { id: 'none', credential: passkey.id, steppedUpAt: 0 }
  await checkAttempts(parts, accountCounter(parts, passkey.account), at)
  await noteFailure(parts, networkCounter(parts, address), at)
  await noteFailure(parts, accountCounter(parts, passkey.account), at)
  await appendAlways(parts.record, {
    guards: [],
    rows: {},
    working: {},
    audit: [
      composer(parts, { ...call, caller: await callerOf(parts, partner, session, address) })('session-refuse', {
        outcome: '4',
        reason,
        organizations: [partner.organization],
        entities: [{ of: 'partner', client: partner.clientId }]
      })
    ]
  })
}
