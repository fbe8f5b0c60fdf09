import t from 'tap'
import { localOrigin } from '../../../src/faces/command/local-origin.ts'

t.test('a gateway without a base URL is where it listens, on IPv6 too', t => {
  for (const host of ['127.0.0.1', '::1', 'gateway.example']) {
    const origin = localOrigin({ host, port: 8080 })
    t.equal(new URL(origin).origin, origin)
  }
  t.equal(localOrigin({ host: '::1', port: 80 }), 'http://[::1]:80')
  t.end()
})
