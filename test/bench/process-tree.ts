import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts CPU time in hundredths of a second (`_SC_CLK_TCK`). */
const ticksPerSecond = 100

/** Seconds of CPU that a process, its threads and all processes that it started have used so far (Linux: /proc). */
export function cpuSeconds(pid: number): number {
  return treeOf(pid).reduce((sum, each) => {
    // utime, stime and those of children that have ended: proc(5), fields 14 to 17
    const times = statOf(each).slice(11, 15).map(Number)
    return sum + times.reduce((one, other) => one + other, 0) / ticksPerSecond
  }, 0)
}

/** Largest resident memory so far, in MiB. */
export function peakMebibytes(pid: number): number {
  return treeOf(pid).reduce((sum, each) => {
    const kibibytes = /VmHWM:\s+(\d+)/.exec(read(`/proc/${each}/status`))?.[1] ?? 0
    return sum + Number(kibibytes) / 1024
  }, 0)
}

function treeOf(root: number): readonly number[] {
  const all = new Set([root])
  const parents = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(name => [Number(name), Number(statOf(Number(name))[1])] as const)
  for (let before = 0; before < all.size; ) {
    before = all.size
    for (const [pid, parent] of parents) if (all.has(parent)) all.add(pid)
  }
  return [...all]
}

/** The fields behind the name of the command, which may hold spaces; none where the process is gone. */
function statOf(pid: number): readonly string[] {
  const text = read(`/proc/${pid}/stat`)
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
