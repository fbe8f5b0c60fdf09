import { newestCheckpoint } from '../../journeys/log/newest-checkpoint.ts'
import { stampedCheckpoint } from '../../journeys/log/stamped-checkpoint.ts'
import type { Parts } from '../../journeys/parts.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { at, type PublicRoute } from './route.ts'

/** The public face of the log (contract §11): anyone may keep its head and check later that it only grew. */
export function logRoutes(parts: Parts & { readonly vkeys: () => readonly string[] }): readonly PublicRoute[] {
  const stamped = async () => {
    const newest = await stampedCheckpoint(parts)
    if (!newest) throw new Refusal('not-found')
    return newest
  }
  return [
    {
      ...at('GET /log/checkpoint'),
      dialect: 'plain',
      produces: ['text/plain'],
      handle: async () => ({ status: 200, type: 'text/plain; charset=utf-8', body: await newestCheckpoint(parts) })
    },
    {
      ...at('GET /log/checkpoint.stamped'),
      dialect: 'plain',
      produces: ['text/plain'],
      handle: async () => {
        const { note } = await stamped()
        return { status: 200, type: 'text/plain; charset=utf-8', body: note }
      }
    },
    {
      ...at('GET /log/checkpoint.tsr'),
      dialect: 'plain',
      produces: ['application/timestamp-reply'],
      handle: async () => {
        const { reply } = await stamped()
        return { status: 200, type: 'application/timestamp-reply', body: reply }
      }
    },
    {
      ...at('GET /log/vkey'),
      dialect: 'plain',
      produces: ['text/plain'],
      handle: () => ({ status: 200, type: 'text/plain; charset=utf-8', body: `${parts.vkeys().join('\n')}\n` })
    }
  ]
}
