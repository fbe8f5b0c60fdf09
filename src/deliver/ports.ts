import type { Response } from './schedule.ts'

/**
 * Posts to a partner's endpoint. Never follows redirects; refuses addresses that lie in private or link-local networks
 * after resolution, unless configuration allows them.
 * @returns the status of the answer; undefined where there was none in time
 */
export interface Webhooks {
  post(url: string, headers: Readonly<Record<string, string>>, body: Uint8Array): Promise<Response>
}
