import { Refusal } from '../../outcome/refusal.ts'
import type { Working } from '../../record/ports.ts'
import type { Guard } from '../../record/write-set.ts'
import { encodeBase64url } from '../../standards/base64url.ts'
import type { Parts } from '../parts.ts'

type CodeParts = Pick<Parts, 'record' | 'random'>
type CodeRow = Working['accountCode']

const dayMs = 86_400_000
const invitationDays = 30
const recoveryMinutes = 10
const recoveryTries = 5

/** Crockford's base 32: no letter that is read as another. */
const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** The operator's invitation of a staff member or auditor: 128 bits, one use, 30 days; only its HMAC is stored. */
export function newInvitation(parts: CodeParts, account: string, at: number): { code: string; row: CodeRow } {
  const code = encodeBase64url(parts.random(16))
  const codeMac = parts.record.keyring.mac('account-invitation', code)
  const expiresAt = at + invitationDays * dayMs
  return { code, row: { codeMac, account, case: '', secretMac: '', triesLeft: 1, expiresAt } }
}

/**
 * A recovery code as a reception shows it: four groups of four. The first half finds the row, the second is tried, five times at
 * most; 40 bits each, so that neither is guessed in ten minutes.
 */
export function newRecoveryCode(
  parts: CodeParts,
  facts: { readonly account: string; readonly case: string; readonly at: number }
): { code: string; row: CodeRow } {
  const text = [...parts.random(16)].map(byte => letters[byte % letters.length]!).join('')
  const { codeMac, secretMac } = macsOf(parts, text)
  const { account, at } = facts
  return {
    code: text.match(/.{4}/gu)!.join('-'),
    row: {
      codeMac,
      account,
      case: facts.case,
      secretMac,
      triesLeft: recoveryTries,
      expiresAt: at + recoveryMinutes * 60_000
    }
  }
}

/**
 * What a code lets its holder do now. A wrong second half costs a try, counted durably.
 * @throws Refusal `code-invalid` for unknown, used, expired and mistyped ones alike
 */
export async function judgeCode(
  parts: CodeParts & Pick<Parts, 'persons'>,
  code: string,
  at: number
): Promise<{ readonly row: CodeRow; readonly stands: Guard }> {
  const recovery = code.toUpperCase().replaceAll(/[\s-]/gu, '')
  const isRecovery = code.length !== 22 && /^[0-9A-HJKMNP-TV-Z]{16}$/u.test(recovery)
  const { codeMac, secretMac } = isRecovery
    ? macsOf(parts, recovery)
    : { codeMac: parts.record.keyring.mac('account-invitation', code), secretMac: '' }
  for (;;) {
    const row = await parts.persons.code(codeMac)
    if (!row || row.expiresAt <= at || row.triesLeft < 1) throw new Refusal('code-invalid', { at: ['/code'] })
    const stands: Guard = {
      kind: 'unchanged',
      table: 'accountCode',
      key: { codeMac },
      column: 'triesLeft',
      value: row.triesLeft
    }
    // the two are HMACs: comparing them letter by letter tells nothing of the code
    if (row.secretMac === secretMac) return { row, stands }
    const tried = { ...row, triesLeft: row.triesLeft - 1 }
    // another try came in between: this one is counted all the same
    if (await parts.record.log.note([{ table: 'accountCode', rows: [tried] }], [stands])) {
      throw new Refusal('code-invalid', { at: ['/code'] })
    }
  }
}

function macsOf({ record }: CodeParts, text: string) {
  const [find, secret] = [text.slice(0, 8), text.slice(8)]
  return {
    codeMac: record.keyring.mac('account-recovery', find),
    secretMac: record.keyring.mac('account-secret', find, secret)
  }
}
