import { isIPv4 } from 'node:net'
import { Refusal } from '../../outcome/refusal.ts'
import { at, type KnownCall, type KnownRoute, type PublicRoute } from './route.ts'

export interface OperationsParts {
  /** undefined: ready */
  readonly notReady: () => Promise<'starting' | 'draining' | 'store-unavailable' | 'log-unavailable' | undefined>
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>
}

/** Health for the platform, metrics for the operator. */
export function operationsRoutes(parts: OperationsParts): readonly (PublicRoute | KnownRoute)[] {
  return [
    {
      ...at('GET /health/live'),
      dialect: 'plain',
      handle: () => ({ status: 200, body: { status: 'live' } })
    },
    {
      ...at('GET /health/ready'),
      dialect: 'plain',
      handle: async () => {
        const status = await parts.notReady()
        return status === undefined
          ? { status: 200, body: { status: 'ready' } }
          : { status: 503, headers: { 'retry-after': '1' }, body: { status } }
      }
    },
    {
      ...at('GET /metrics'),
      dialect: 'plain',
      produces: ['text/plain', 'application/openmetrics-text'],
      handle: async (call: KnownCall) => {
        if (!isLoopback(call.address)) throw new Refusal('not-found')
        const { type, text } = await parts.metrics()
        return { status: 200, type, body: text }
      }
    }
  ]
}

/** 127.0.0.0/8 and ::1, also as IPv6 writes the former. */
function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/iu, '')
  return plain === '::1' || (isIPv4(plain) && plain.startsWith('127.'))
}
