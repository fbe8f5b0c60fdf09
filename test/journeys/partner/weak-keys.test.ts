import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { VectorFile } from '../../../fixtures/jose/vector.ts'
import { clientKeys, keyOf } from '../../../fixtures/test-keys.ts'
import { readPartner } from '../../../src/journeys/partner/read-partner.ts'
import { Refusal } from '../../../src/outcome/refusal.ts'
import { algorithms } from '../../../src/standards/jws.ts'

const client = keyOf(clientKeys, 'employer-8999999999901-hr-client').publicJwk
const file = {
  role: 'employer-hr',
  organization: { name: '日本テスト株式会社', identifier: { system: 'urn:oid:1.3.188', value: '8999999999901' } },
  jwks: { keys: [client] },
  scope: 'system/Bundle.c',
  purposes: ['support-consideration']
}

/** @returns the places that a refusal names */
function faults(change: object): readonly string[] {
  try {
    readPartner({ ...file, ...change })
  } catch (error) {
    if (!(error instanceof Refusal) || error.key !== 'parameter-invalid') throw error
    return error.issues.map(({ expression }) => `${expression}`)
  }
  return []
}

t.test('no key under which signatures prove nothing is registered, for assertions or for documents', async t => {
  t.same(faults({ signingKeys: { keys: [{ ...client, kid: 'another' }] } }), [], 'the file is good by itself')
  let count = 0
  for (const alg of algorithms) {
    const path = join(import.meta.dirname, `../../../fixtures/jose/negative/${alg}.json`)
    const { keys, refused } = JSON.parse(readFileSync(path, 'utf8')) as VectorFile
    for (const { key, stage, fault, why } of refused) {
      if (stage !== 'key' || fault === 'algorithm') continue
      count++
      const bad = { ...keys[key], kid: 'bad' }
      t.same(faults({ jwks: { keys: [client, bad] } }), ['jwks.keys[1]'], `${alg} ${key}: ${why}`)
      t.same(faults({ signingKeys: { keys: [bad] } }), ['signingKeys.keys[0]'], `${alg} ${key} for documents`)
    }
  }
  t.comment(`${count} keys refused at registration`)
  t.ok(count > 100)
})
