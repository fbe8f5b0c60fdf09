import { connect, createServer, type Socket } from 'node:net'

/** Stands before several gateways as a load balancer does: each connection goes to the next of them. */
export interface Balancer {
  /** how many connections went to each */
  readonly counts: readonly number[]
  close(): Promise<void>
}

export async function startBalancer(port: number, targets: readonly number[]): Promise<Balancer> {
  const counts = targets.map(() => 0)
  const open = new Set<Socket>()
  let turn = 0
  const server = createServer({ allowHalfOpen: true }, client => {
    const index = turn++ % targets.length
    counts[index]!++
    const gateway = connect({ port: targets[index]!, host: '127.0.0.1', allowHalfOpen: true })
    for (const [from, to] of [
      [client, gateway],
      [gateway, client]
    ] as const) {
      open.add(from)
      from.pipe(to)
      from.once('error', () => to.destroy())
      from.once('close', () => open.delete(from))
    }
  })
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  return {
    counts,
    close() {
      for (const socket of open) socket.destroy()
      return new Promise(resolve => server.close(() => resolve()))
    }
  }
}
