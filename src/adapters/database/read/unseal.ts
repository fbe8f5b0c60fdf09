/**
 * Opens what `record/` sealed: `key` names whose key (a case, document or view), `context` what the bytes are, so that
 * one sealed column cannot be put in the place of another.
 * @throws KeyGone after erasure
 */
export type Unseal = (key: string, context: string, sealed: Uint8Array) => Promise<Uint8Array>

export async function unsealJson<Value>(
  unseal: Unseal,
  key: string,
  context: string,
  sealed: Uint8Array
): Promise<Value> {
  return JSON.parse(Buffer.from(await unseal(key, context, sealed)).toString()) as Value
}
