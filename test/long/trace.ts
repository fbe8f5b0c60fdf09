/** One system call of a trace. Lines are in the order in which things happened, also across threads. */
export interface Call {
  readonly name: string
  /** the file or socket that the descriptor stands for, as `strace -y` writes it */
  readonly on: string
  /** the rest of the arguments, with strings as C writes them */
  readonly text: string
  /** undefined where the call never returned */
  readonly result: number | undefined
  /** number of the line at which it began, and at which it had returned */
  readonly began: number
  readonly returned: number
}

const whole = /^(?<name>\w+)\((?<fd>\d+)<(?<on>[^>]*)>(?<text>.*)\) += (?<result>-?\d+|\?)/u

/**
 * Reads what `strace -f -y` wrote. A call during which another thread did something stands on two lines: `<unfinished ...>`
 * and `<... name resumed>`.
 */
export function readTrace(lines: Iterable<string>): readonly Call[] {
  const calls: Call[] = []
  const open = new Map<string, { readonly text: string; readonly began: number }>()
  let number = 0
  for (const line of lines) {
    number++
    const [, pid = '', rest = ''] = /^(\d+) +(?:[\d.]+ +)?(.*)$/su.exec(line) ?? []
    if (rest.endsWith('<unfinished ...>')) {
      open.set(pid, { text: rest.slice(0, -'<unfinished ...>'.length), began: number })
      continue
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/su.exec(rest)
    const before = resumed ? open.get(pid) : undefined
    if (resumed) open.delete(pid)
    const found = whole.exec(before ? before.text + resumed![1]! : rest)
    if (!found) continue
    const { name, on, text, result } = found.groups as Record<string, string>
    calls.push({
      name: name!,
      on: on!,
      text: text!,
      result: result === '?' ? undefined : Number(result),
      began: before?.began ?? number,
      returned: number
    })
  }
  return calls
}

/** The bytes of the first string among the arguments: C escapes in octal or by letter. */
export function bytesIn(text: string): Buffer {
  const [, body = ''] = /"((?:[^"\\]|\\.)*)"/su.exec(text) ?? []
  const bytes = body.replace(/\\([0-7]{1,3}|.)/gsu, (_all, code: string) =>
    /^[0-7]/u.test(code) ? String.fromCharCode(Number.parseInt(code, 8)) : (letters[code] ?? code)
  )
  return Buffer.from(bytes, 'latin1')
}

const letters: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', v: '\v', f: '\f' }
