/** Where a key lies: a token of a PKCS#11 module, and how it is found there (`x-pkcs11` of a key entry). */
export interface KeyPlace {
  /** path of the module, e.g. `/usr/lib/softhsm/libsofthsm2.so` */
  readonly module: string
  /** label of the token */
  readonly token: string
  /** CKA_LABEL of the key */
  readonly label: string
  /** CKA_ID in hex, where several keys have that label */
  readonly id?: string
  /** path of the file that holds the PIN of the user; mode 0600 */
  readonly pinFile: string
}

const required = ['module', 'token', 'label', 'pinFile'] as const

/** @returns the place, or why it is none */
export function readKeyPlace(value: unknown): KeyPlace | string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'x-pkcs11 is no object'
  const members = value as Readonly<Record<string, unknown>>
  const missing = required.filter(name => typeof members[name] !== 'string' || members[name] === '')
  if (missing.length > 0) return `x-pkcs11 needs ${missing.join(', ')}`
  const strange = Object.keys(members).filter(name => name !== 'id' && !required.some(known => known === name))
  if (strange.length > 0) return `x-pkcs11 has no ${strange.join(', ')}`
  const { id } = members
  if (id !== undefined && (typeof id !== 'string' || !/^(?:[0-9a-f]{2}){1,64}$/u.test(id)))
    return 'id of x-pkcs11 is hex in lower case'
  return value as KeyPlace
}
