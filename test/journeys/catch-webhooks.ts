import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A partner's endpoint on loopback: keeps every byte that was sent to it. */
export interface CaughtWebhooks {
  readonly url: string
  /** request line, headers and body of each call */
  readonly received: string[]
  close(): Promise<void>
}

export async function catchWebhooks(path: string): Promise<CaughtWebhooks> {
  const received: string[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => {
      received.push(`${request.method} ${request.url}`, request.rawHeaders.join('\n'), Buffer.concat(chunks).toString())
      response.writeHead(204).end()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}${path}`,
    received,
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    }
  }
}
