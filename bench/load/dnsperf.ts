import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs'
import type { Target } from '../client/udp-client.ts'
import type { BenchFolder } from '../mesh/folder.ts'
import type { ProgramOptions } from '../process/program.ts'
import type { DnsperfSummary } from './dnsperf-output.ts'
import { clientSubnetData } from '../client/client-subnet.ts'
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
  /** Octets of an IPv4 prefix that every query tells (RFC 7871), in an OPT record. */
  readonly clientSubnet?: readonly number[]
  /** `udp` without it. */
  readonly transport?: 'udp' | 'tcp'
  /** Whether the latency of every answer is taken; of a fixed rate it is, without this. */
  readonly hasLatencies?: boolean
  /** 0 to 19: how far others that want its core come before it (nice(1)). */
  readonly niceness?: number
}

/** What a run has found. */
export interface DnsperfResult extends DnsperfSummary {
  /** In ms, one for each answer; empty when they were not taken. */
  readonly latencies: Float64Array
}

/** Sockets that it asks from: clients enough for a server that spreads them over its threads. */
const CLIENTS = 8
/** Queries that closed loop keeps under way. */
const OUTSTANDING = 100
/** After that a query is lost. */
const TIMEOUT_SECONDS = 2

/** Runs that have begun: several may be under way, each with its own output. */
let runs = 0

/** Runs dnsperf, in one thread, to its end; `signal` ends it before that, and rejects. */
export async function runDnsperf(
  folder: BenchFolder,
  { target, questions, seconds, cpu, rate, edns, transport, clientSubnet, ...more }: DnsperfOptions,
  signal?: AbortSignal,
): Promise<DnsperfResult> {
  // In closed loop a line for each answer would cost dnsperf more than the question.
  const { hasLatencies = rate !== undefined, niceness } = more
  const options = {
    s: target.address,
    p: target.port,
    d: questions,
    l: seconds,
    c: CLIENTS,
    T: 1,
    q: OUTSTANDING,
    t: TIMEOUT_SECONDS,
    m: transport ?? 'udp',
    ...(rate === undefined ? {} : { Q: rate }),
  }
  const args = Object.entries(options).flatMap(([option, value]) => [`-${option}`, String(value)])
  if (hasLatencies) args.push('-v')
  if (edns === true) args.push('-e')
  if (clientSubnet !== undefined)
    args.push('-E', `8:${clientSubnetData(clientSubnet).toString('hex')}`)
  const output = await runToFile(
    folder.path(`dnsperf-${runs++}.out`),
    args,
    { cpu, niceness },
    signal,
  )
  return { ...parseSummary(output), latencies: parseLatencies(output) }
}

/** Throws when an answer had another rcode than those that answers of the run may have. */
export function assertAllGood(
  { completed, rcodes }: DnsperfSummary,
  wanted: readonly string[] = ['NOERROR'],
): void {
  const good = wanted.reduce((sum, rcode) => sum + (rcodes[rcode] ?? 0), 0)
  if (completed > 0 && good === completed) return
  const only = wanted.join(' and ')
  throw new Error(`of ${completed} answers only ${only} is wanted: ${JSON.stringify(rcodes)}`)
}

/** The version of dnsperf. Throws, naming the package, when it is not installed. */
export async function dnsperfVersion(folder: BenchFolder): Promise<string> {
  const output = await runToFile(folder.path('dnsperf.out'), ['-h'], {})
  const version = parseVersion(output)
  if (version === undefined) throw new Error(`dnsperf -h names no version:\n${output}`)
  return version
}

/** Runs it with its output into a file: nobody has to read a pipe while the time is taken. */
function runToFile(
  file: string,
  args: readonly string[],
  { cpu, niceness }: Pick<ProgramOptions, 'cpu' | 'niceness'>,
  signal?: AbortSignal,
): Promise<string> {
  const nice = niceness === undefined ? [] : ['nice', '-n', String(niceness)]
  const pinned = cpu === undefined ? [] : ['taskset', '--cpu-list', String(cpu)]
  const [command = '', ...rest] = [...nice, ...pinned, 'dnsperf', ...args]
  const out = openSync(file, 'w')
  const child = spawn(command, rest, { stdio: ['ignore', out, out], signal })
  closeSync(out)
  const kill = (): void => void child.kill()
  process.once('exit', kill)
  return new Promise<string>((resolve, reject) => {
    child.once('error', (err) => {
      process.off('exit', kill)
      const isMissing = 'code' in err && err.code === 'ENOENT'
      const needed = { taskset: 'util-linux', nice: 'coreutils' }[command] ?? 'dnsperf'
      const message = `${command} is not installed: apt-get install ${needed}`
      reject(isMissing ? new Error(message, { cause: err }) : err)
    })
    child.once('close', (code) => {
      process.off('exit', kill)
      // Whoever has called has been told, and may have removed the folder.
      if (signal?.aborted === true) return
      const output = readFileSync(file, 'utf8')
      rmSync(file)
      if (code === 0 || args.includes('-h')) resolve(output)
      else reject(new Error(`dnsperf ${args.join(' ')}: exit code ${code}\n${output.slice(-2000)}`))
    })
  })
}
