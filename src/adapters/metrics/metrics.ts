import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'

export interface Answered {
  readonly method: string
  /** the pattern, never the URL */
  readonly route: string
  readonly status: number
  readonly seconds: number
}

/** Prometheus metrics: counts and durations by route pattern and status; no ids, no names, no content. */
export function metricsRegistry() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const labelNames = ['method', 'route', 'status'] as const
  const count = new Counter({
    name: 'ryoritsu_requests_total',
    help: 'requests answered',
    labelNames,
    registers: [registry]
  })
  const duration = new Histogram({
    name: 'ryoritsu_request_seconds',
    help: 'time from the first byte of a request to the last of its answer',
    labelNames: ['route'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry]
  })
  return {
    answered({ method, route, status, seconds }: Answered): void {
      count.inc({ method, route, status: String(status) })
      duration.observe({ route }, seconds)
    },
    async text(): Promise<{ type: string; text: string }> {
      return { type: registry.contentType, text: await registry.metrics() }
    }
  }
}
