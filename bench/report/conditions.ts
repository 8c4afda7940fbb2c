import { execFile } from 'node:child_process'
import { cpus, release, totalmem, type as systemName } from 'node:os'
import { promisify } from 'node:util'
import { systemClock } from '../../shared/clock.ts'
import { packageRoot } from '../../shared/package-root.ts'

const run = promisify(execFile)

/** Where and when the figures were found, so that others are only compared with their like. */
export interface Conditions {
  readonly date: string
  readonly command: string
  readonly commit: string
  readonly cpu: string
  readonly cores: number
  readonly memoryMB: number
  readonly kernel: string
  readonly node: string
  readonly dnsperf: string
  /** Load average of the last minute before the run: what else the machine had to do. */
  readonly loadBefore: number
}

/** Reads the conditions of this machine; `args` is the command line after `npm run bench --`. */
export async function readConditions(
  args: readonly string[],
  dnsperf: string,
  loadBefore: number,
): Promise<Conditions> {
  const all = cpus()
  return {
    date: new Date(systemClock.epochMs()).toISOString(),
    command: ['npm run bench --', ...args].join(' '),
    commit: await readCommit(),
    cpu: all[0]?.model ?? 'unknown',
    cores: all.length,
    memoryMB: Math.round(totalmem() / 1e6),
    kernel: `${systemName()} ${release()}`,
    node: process.version,
    dnsperf,
    loadBefore,
  }
}

/** The commit that is checked out, `+changes` when files differ from it; `unknown` without git. */
async function readCommit(): Promise<string> {
  const options = { cwd: packageRoot() }
  try {
    const { stdout: commit } = await run('git', ['rev-parse', 'HEAD'], options)
    const { stdout: changes } = await run('git', ['status', '--porcelain'], options)
    return commit.trim() + (changes === '' ? '' : '+changes')
  } catch {
    return 'unknown'
  }
}
