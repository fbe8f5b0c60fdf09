import type { KnownRoute, PublicRoute } from './route.ts'

export interface OperationsParts {
  /** undefined: ready */
  readonly notReady: () => Promise<'starting' | 'draining' | 'store-unavailable' | 'log-unavailable' | undefined>
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>
}

/** Health for the platform, metrics for the operator. */
export function operationsRoutes(parts: OperationsParts): readonly (PublicRoute | KnownRoute)[] {
  return [
    {
      method: 'GET',
      path: '/health/live',
      dialect: 'plain',
      access: 'public',
      handle: () => ({ status: 200, body: { status: 'live' } })
    },
    {
      method: 'GET',
      path: '/health/ready',
      dialect: 'plain',
      access: 'public',
      handle: async () => {
        const status = await parts.notReady()
        return status === undefined
          ? { status: 200, body: { status: 'ready' } }
          : { status: 503, headers: { 'retry-after': '1' }, body: { status } }
      }
    },
    {
      method: 'GET',
      path: '/metrics',
      dialect: 'plain',
      produces: ['text/plain', 'application/openmetrics-text'],
      access: { roles: ['operator'], scope: 'system/Metrics.r' },
      handle: async () => {
        const { type, text } = await parts.metrics()
        return { status: 200, type, body: text }
      }
    }
  ]
}
