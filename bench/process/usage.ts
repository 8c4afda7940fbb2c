import { readFileSync, readdirSync } from 'node:fs'

/**
 * What the kernel counts of a process, from `/proc` (proc_pid_stat(5), proc_pid_status(5)). Linux only.
 */
export interface Usage {
  /** User and system time of all threads since the start, in ms; counted in steps of 10 ms. */
  readonly cpuMs: number
  readonly rssBytes: number
  /** The most that RSS has been. */
  readonly rssPeakBytes: number
}

/** `sysconf(_SC_CLK_TCK)`: Linux shows 100 to user space on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100

/** Reads the usage of a running process. Throws when there is none, or no `/proc`. */
export function readUsage(pid: number): Usage {
  return {
    cpuMs: parseCpuMs(readFileSync(`/proc/${pid}/stat`, 'utf8')),
    ...parseMemory(readFileSync(`/proc/${pid}/status`, 'utf8')),
  }
}

/**
 * CPU time in ms of the first thread of a process, whose id is that of the process: of an edge the
 * control thread. Throws when there is none.
 */
export function readMainThreadCpuMs(pid: number): number {
  return parseCpuMs(readFileSync(`/proc/${pid}/task/${pid}/stat`, 'utf8'))
}

/**
 * Adds up the usage of a process group, as `Usage` of one process: memory that its processes share
 * counts once for each. Throws when the group is empty.
 */
export function readGroupUsage(group: number): Usage {
  const members = readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return []
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
      return parseGroup(stat) === group ? [readUsage(Number(entry))] : []
    } catch {
      // It has ended since the folder was listed, or is a zombie.
      return []
    }
  })
  if (members.length === 0) throw new Error(`there is no process of the group ${group}`)
  return members.reduce((sum, usage) => ({
    cpuMs: sum.cpuMs + usage.cpuMs,
    rssBytes: sum.rssBytes + usage.rssBytes,
    rssPeakBytes: sum.rssPeakBytes + usage.rssPeakBytes,
  }))
}

/** Parses `/proc/PID/stat`: field 5 is the process group. */
export function parseGroup(stat: string): number {
  return Number(fieldsOf(stat)[2])
}

/** Parses `/proc/PID/stat`: fields 14 and 15 are utime and stime, in ticks. */
export function parseCpuMs(stat: string): number {
  const fields = fieldsOf(stat)
  const utime = Number(fields[11])
  const stime = Number(fields[12])
  if (stat.includes(')') && Number.isInteger(utime) && Number.isInteger(stime)) {
    return ((utime + stime) * 1000) / TICKS_PER_SECOND
  }
  throw new Error(`${JSON.stringify(stat)} is not what /proc/PID/stat holds`)
}

/** The fields of `/proc/PID/stat` from the third on. */
function fieldsOf(stat: string): readonly string[] {
  // Field 2 is the name in parentheses, which may hold spaces and parentheses itself.
  return stat
    .slice(stat.lastIndexOf(')') + 1)
    .trim()
    .split(/\s+/)
}

/** Parses `/proc/PID/status`: `VmRSS` and `VmHWM`, in kB. */
export function parseMemory(status: string): Pick<Usage, 'rssBytes' | 'rssPeakBytes'> {
  return { rssBytes: bytesOf(status, 'VmRSS'), rssPeakBytes: bytesOf(status, 'VmHWM') }
}

function bytesOf(status: string, key: string): number {
  const text = new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]
  if (text === undefined) throw new Error(`/proc/PID/status has no ${key} in kB`)
  return Number(text) * 1024
}
