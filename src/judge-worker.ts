import { parentPort } from 'node:worker_threads'
import { loadEngines } from './forms/load-engines.ts'
import { formJudge } from './journeys/document/judge-form.ts'
import type { JudgeRequest, Verdict } from './journeys/document/ports.ts'

/** The thread in which forms of strangers are compiled and asked; `adapters/judge/` starts and stops it. */
const judge = formJudge(await loadEngines())
parentPort!.on('message', (request: JudgeRequest) => {
  parentPort!.postMessage({ issues: judge(request) } satisfies Verdict)
})
parentPort!.postMessage('ready')
