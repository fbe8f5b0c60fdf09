import { Worker } from 'node:worker_threads'
import { outOfMemory } from './adapters/judge/process-judge.ts'

/**
 * The process in which forms of strangers are judged; `adapters/judge/` starts and stops it, and says how many megabytes it
 * may have. The work is done in a thread, so that this process ends with the gateway, whatever a form is computing.
 */
const worker = new Worker(new URL('./judge-worker.ts', import.meta.url), {
  resourceLimits: { maxOldGenerationSizeMb: Number(process.argv[2]) }
})
worker.on('message', message => process.send!(message))
worker.on('error', error => {
  process.exit((error as { readonly code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY' ? outOfMemory : 1)
})
worker.on('exit', () => process.exit(1))
process.on('message', message => worker.postMessage(message))
process.on('disconnect', () => process.exit(0))
