import { parentPort, workerData } from 'node:worker_threads'
import type { PKCS11 } from 'pkcs11js'
import {
  type Asked,
  type ThreadStart,
  type ThreadStarted,
  type TokenAnswer,
  TokenProblem,
  type TokenRequest
} from './token-request.ts'
import { TokenSessions } from './token-session.ts'

/** A thread that waits for tokens, so that the gateway does not; `token-pool.ts` starts it and asks it one thing at a time. */
const { module: path, initialize } = workerData as ThreadStart
const port = parentPort!

const pkcs11 = await import('pkcs11js').then(
  loaded => loaded.default,
  () => undefined
)
if (pkcs11) start(pkcs11)
else begun({ problem: 'the optional package pkcs11js is not installed', reason: 'setup' })

function start({ PKCS11: Module, CKF_OS_LOCKING_OK }: NonNullable<typeof pkcs11>): void {
  const module = new Module()
  try {
    module.load(path)
    if (initialize) module.C_Initialize({ flags: CKF_OS_LOCKING_OK })
  } catch (error) {
    const { message } = error as Error
    const isReturnValue = message.startsWith('CKR_')
    if (message !== 'CKR_CRYPTOKI_ALREADY_INITIALIZED') {
      const problem = `${path}: ${isReturnValue ? message : 'no PKCS#11 module that can be loaded'}`
      begun({ problem, reason: isReturnValue ? 'lost' : 'setup' })
      return
    }
  }
  answer(module, new TokenSessions(pkcs11!, module))
  begun('ready')
}

function answer(module: PKCS11, sessions: TokenSessions): void {
  port.on('message', (request: TokenRequest) => {
    if (request.ask === 'close') {
      for (const end of [() => sessions.close(), () => request.finalize && module.C_Finalize(), () => module.close()]) {
        try {
          end()
        } catch {
          // what is lost already cannot be closed
        }
      }
      port.close()
      return
    }
    port.postMessage(answerTo(request, sessions))
  })
}

function answerTo(asked: Asked, sessions: TokenSessions): TokenAnswer {
  try {
    if (asked.ask === 'key') return { jwk: sessions.key(asked.place) }
    return { signature: new Uint8Array(sessions.sign(asked)) }
  } catch (error) {
    const { message } = error as Error
    if (error instanceof TokenProblem) return { problem: message, reason: error.reason }
    const isReturnValue = message.startsWith('CKR_')
    return { problem: isReturnValue ? message : 'the module does not speak PKCS#11 as expected', reason: 'lost' }
  }
}

function begun(started: ThreadStarted): void {
  port.postMessage(started)
  if (started !== 'ready') port.close()
}
