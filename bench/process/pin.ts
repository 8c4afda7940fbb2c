import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** Lets each thread of a process run on one core only, by its name. Throws when the process is gone. */
export function pinThreads(pid: number, cpuOf: (name: string) => number): void {
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const name = readFileSync(`/proc/${pid}/task/${thread}/comm`, 'utf8').trim()
    execFileSync('taskset', ['--cpu-list', '--pid', String(cpuOf(name)), thread], {
      stdio: 'ignore',
    })
  }
}
