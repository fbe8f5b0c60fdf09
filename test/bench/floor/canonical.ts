/** RFC 8785 as shortly as it can be written: a copy with sorted members, printed by `JSON.stringify`. */
export function canonicalize(value: unknown): string {
  return JSON.stringify(sorted(value))
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(sorted)
  const copy: Record<string, unknown> = {}
  for (const name of Object.keys(value).sort()) copy[name] = sorted((value as Record<string, unknown>)[name])
  return copy
}
