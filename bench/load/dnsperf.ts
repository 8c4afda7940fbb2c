import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs'
import type { Target } from '../client/udp-client.ts'
import type { BenchFolder } from '../mesh/folder.ts'
import type { DnsperfSummary } from './dnsperf-output.ts'
import { parseLatencies, parseSummary, parseVersion } from './dnsperf-output.ts'

/** One run of dnsperf. */
export interface DnsperfOptions {
  readonly target: Target
  /** File of the questions, a name and a type in each line. */
  readonly questions: string
  readonly seconds: number
  /** The only core that it may run on. */
  readonly cpu: number | undefined
  /** Queries per second; closed loop without it. */
  readonly rate?: number
  /** Whether every query has an OPT record. */
  readonly edns?: boolean
}

/** What a run has found. */
export interface DnsperfResult extends DnsperfSummary {
  /** In ms, one for each answer; empty in closed loop. */
  readonly latencies: Float64Array
}

/** Sockets that it asks from: clients enough for a server that spreads them over its threads. */
const CLIENTS = 8
/** Queries that closed loop keeps under way. */
const OUTSTANDING = 100
/** After that a query is lost. */
const TIMEOUT_SECONDS = 2

/** Runs dnsperf, in one thread, to its end. */
export async function runDnsperf(
  folder: BenchFolder,
  { target, questions, seconds, cpu, rate, edns }: DnsperfOptions,
): Promise<DnsperfResult> {
  const options = {
    s: target.address,
    p: target.port,
    d: questions,
    l: seconds,
    c: CLIENTS,
    T: 1,
    q: OUTSTANDING,
    t: TIMEOUT_SECONDS,
    ...(rate === undefined ? {} : { Q: rate }),
  }
  const args = Object.entries(options).flatMap(([option, value]) => [`-${option}`, String(value)])
  // In closed loop a line for each answer would cost dnsperf more than the question.
  if (rate !== undefined) args.push('-v')
  if (edns === true) args.push('-e')
  const output = await runToFile(folder.path('dnsperf.out'), args, cpu)
  return { ...parseSummary(output), latencies: parseLatencies(output) }
}

/** Throws when an answer had another rcode than all of them must have. */
export function assertAllGood({ completed, rcodes }: DnsperfSummary): void {
  if (completed > 0 && rcodes['NOERROR'] === completed) return
  throw new Error(`of ${completed} answers only NOERROR is wanted: ${JSON.stringify(rcodes)}`)
}

/** The version of dnsperf. Throws, naming the package, when it is not installed. */
export async function dnsperfVersion(folder: BenchFolder): Promise<string> {
  const output = await runToFile(folder.path('dnsperf.out'), ['-h'], undefined)
  const version = parseVersion(output)
  if (version === undefined) throw new Error(`dnsperf -h names no version:\n${output}`)
  return version
}

/** Runs it with its output into a file: nobody has to read a pipe while the time is taken. */
function runToFile(
  file: string,
  args: readonly string[],
  cpu: number | undefined,
): Promise<string> {
  const pinned = cpu === undefined ? [] : ['taskset', '--cpu-list', String(cpu)]
  const [command = '', ...rest] = [...pinned, 'dnsperf', ...args]
  const out = openSync(file, 'w')
  const child = spawn(command, rest, { stdio: ['ignore', out, out] })
  closeSync(out)
  const kill = (): void => void child.kill()
  process.once('exit', kill)
  return new Promise<string>((resolve, reject) => {
    child.once('error', (err) => {
      process.off('exit', kill)
      const isMissing = 'code' in err && err.code === 'ENOENT'
      const needed = command === 'taskset' ? 'util-linux' : 'dnsperf'
      const message = `${command} is not installed: apt-get install ${needed}`
      reject(isMissing ? new Error(message, { cause: err }) : err)
    })
    child.once('close', (code) => {
      process.off('exit', kill)
      const output = readFileSync(file, 'utf8')
      rmSync(file)
      if (code === 0 || args.includes('-h')) resolve(output)
      else reject(new Error(`dnsperf ${args.join(' ')}: exit code ${code}\n${output.slice(-2000)}`))
    })
  })
}
