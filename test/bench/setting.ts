import { generateKeyPairSync } from 'node:crypto'
import type { JWK } from 'jose'
import { case2 } from '../../fixtures/cases/2-breast-cancer-line.ts'
import { idSystem } from '../../src/document/canonical.ts'
import { addPartner } from '../../src/journeys/partner/add-partner.ts'
import { startGateway } from '../parties/gateway.ts'
import type { Party } from '../parties/party.ts'
import { register } from '../parties/register.ts'
import { accept, openCase } from '../parties/story.ts'
import type { OpenCase, SigningKey } from './requests.ts'

export interface Setting {
  readonly baseUrl: string
  /** the employer's system: it has the tokens */
  readonly employer: Party
  readonly key: SigningKey & { readonly publicJwk: JWK & { readonly kid: string } }
  readonly cases: readonly OpenCase[]
}

/**
 * Fills a home as a gateway in use has it, through a gateway in this process that then stops: an employer with a key
 * registered for its signatures, a worker, and cases in which the worker has given custody.
 */
export async function prepareHome(home: string, cases: number): Promise<Setting> {
  const running = await startGateway({ home })
  const organization = { name: case2.employer.name, identifier: case2.employer.identifier }
  const employer = await register(running, { role: 'employer-hr', organization })
  const worker = await register(running, {
    role: 'worker',
    organization: { name: case2.worker.name, identifier: { system: idSystem('person'), value: 'bench-worker' } }
  })
  const key = freshKey('bench-employer')
  // a second client of the same house and role, for its key: documents are signed ES256 here, the test keys are RSA
  await addPartner(
    running.gateway.parts,
    {
      role: 'employer-hr',
      organization,
      jwks: { keys: [] },
      signingKeys: { keys: [key.publicJwk] },
      scope: [],
      purposes: [],
      webhook: undefined,
      dpop: false,
      certificateThumbprint: undefined,
      handlingRules: undefined
    },
    { workerClients: false }
  )
  const opened: OpenCase[] = []
  for (let number = 0; number < cases; number++) {
    const known = await openCase(employer, case2)
    await accept(worker, known.invitation!)
    opened.push({ case: known.identifier, subject: known.subject })
  }
  await worker.close()
  await running.stop()
  return { baseUrl: running.baseUrl, employer, key, cases: opened }
}

function freshKey(kid: string): Setting['key'] {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { kid, privateKey, publicJwk: { ...(publicKey.export({ format: 'jwk' }) as JWK), kid, alg: 'ES256' } }
}
