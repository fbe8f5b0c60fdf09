import { STATUS_CODES } from 'node:http'
import type { RequestId } from '../../document/ids.ts'
import { problem } from '../../outcome/problem.ts'
import type { Refusal } from '../../outcome/refusal.ts'

const statuses: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408
}

/**
 * The answer to bytes that are no request: Node has given up reading, so that there is nobody to ask for a language.
 * @param code of the parser's error
 * @returns a whole HTTP/1.1 message; the connection ends with it
 * @see RFC 9112 section 3
 */
export function unparsedAnswer(refusal: Refusal, request: RequestId, code: string | undefined): string {
  const status = statuses[code ?? ''] ?? refusal.entry.status
  const body = Buffer.from(JSON.stringify({ ...problem(refusal, 'ja', request), status }))
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${body.length}`,
    `X-Request-Id: ${request}`,
    'Cache-Control: no-store',
    'Connection: close',
    '',
    body.toString()
  ].join('\r\n')
}
