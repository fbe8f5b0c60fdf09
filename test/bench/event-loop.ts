import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { hostile } from '../validate/hostile.ts'

/**
 * How long each hostile input holds up everybody else: the delay of the event loop while the input arrives again and
 * again in this process, by the functions that the gateway calls. It asserts no time; test/validate asserts the causes.
 *
 *   node test/bench/event-loop.ts
 */
const times = 20
const milliseconds = (nanoseconds: number): string => (nanoseconds / 1e6).toFixed(1).padStart(8)

console.log('mean, p99 and greatest delay of the event loop in ms, by timers of 1 ms, each input 20 times')
// What is left of starting up.
await sleep(500)
await delayDuring('nothing', () => 'nothing')
for (const { name, act } of hostile) await delayDuring(name, act)

async function delayDuring(name: string, act: () => string): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  act()
  let cause = ''
  delay.enable()
  for (let time = 0; time < times; time++) {
    await sleep(5)
    cause = act()
  }
  await sleep(5)
  delay.disable()
  const figures = [delay.mean, delay.percentile(99), delay.max].map(milliseconds).join('')
  console.log(`${figures}  ${name} (${cause})`)
}
