import t from 'tap'
import { metricsRegistry } from '../../../src/adapters/metrics/metrics.ts'

t.test('counts answers by route pattern and status, in the text that Prometheus reads', async t => {
  const metrics = metricsRegistry()
  const answered = { method: 'GET', route: '/fhir/DocumentReference/:id', seconds: 0.003 }
  metrics.answered({ ...answered, status: 200 })
  metrics.answered({ ...answered, status: 200 })
  metrics.answered({ ...answered, status: 404 })
  const { type, text } = await metrics.text()
  t.match(type, /^text\/plain; version=/)
  t.match(text, 'ryoritsu_requests_total{method="GET",route="/fhir/DocumentReference/:id",status="200"} 2')
  t.match(text, 'ryoritsu_requests_total{method="GET",route="/fhir/DocumentReference/:id",status="404"} 1')
  t.match(text, 'ryoritsu_request_seconds_bucket{le="0.005",route="/fhir/DocumentReference/:id"} 3')
})

t.test('no label of ours has room for an id, a name or an address', async t => {
  const metrics = metricsRegistry()
  metrics.answered({ method: 'POST', route: '/fhir/Bundle', status: 201, seconds: 0.01 })
  const { text } = await metrics.text()
  const ours = text.split('\n').filter(line => line.startsWith('ryoritsu_'))
  const labels = new Set(ours.flatMap(line => [...line.matchAll(/(\w+)="/gu)].map(([, name]) => name)))
  t.same([...labels].sort(), ['le', 'method', 'route', 'status'])
})

t.test('two gateways in one process count apart', async t => {
  const [one, two] = [metricsRegistry(), metricsRegistry()]
  one.answered({ method: 'GET', route: '/health/live', status: 200, seconds: 0 })
  t.notMatch((await two.text()).text, 'route="/health/live"')
})
