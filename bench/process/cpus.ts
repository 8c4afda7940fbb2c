import { readFileSync } from 'node:fs'

/** The cores that this process may run on, from `/proc/self/status`. */
export function allowedCpus(): readonly number[] {
  return parseAllowedCpus(readFileSync('/proc/self/status', 'utf8'))
}

/** Parses the line `Cpus_allowed_list:	0-2,4`. Throws when there is none. */
export function parseAllowedCpus(status: string): readonly number[] {
  const list = /^Cpus_allowed_list:\s+([\d,-]+)$/m.exec(status)?.[1]
  if (list === undefined) throw new Error('/proc/self/status has no Cpus_allowed_list')
  return list.split(',').flatMap((range) => {
    const [first = Number.NaN, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
}
