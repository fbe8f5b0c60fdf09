import type { Caller } from '../document/caller.ts'
import type { Instant, RequestId } from '../document/ids.ts'

/** Who asks, when, under which request: what every record of the log says. `caller` is undefined for the clock. */
export interface Asked {
  readonly request: RequestId
  readonly at: Instant
  readonly address: string
  readonly caller: Caller
}
