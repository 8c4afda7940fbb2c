import { mkdirSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { dirname, join } from 'node:path'
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { messageOf } from '../shared/errors.ts'
import { packageRoot } from '../shared/package-root.ts'
import { EXIT_FAILED, EXIT_OK, EXIT_USAGE } from '../shared/exit.ts'
import { measureDurable } from './central/durable.ts'
import { measureRecords } from './central/records.ts'
import { measureSpread } from './central/spread.ts'
import { measureWrites } from './central/writes.ts'
import { dnsperfVersion } from './load/dnsperf.ts'
import { measureLoad } from './load/load.ts'
import { measureMiss } from './load/miss.ts'
import { BenchFolder } from './mesh/folder.ts'
import { measureHealth } from './health/health.ts'
import { measureNames } from './names/names.ts'
import { measurePeers, peers } from './peers/peers.ts'
import { measurePlaces } from './places/places.ts'
import { readConditions } from './report/conditions.ts'
import type { PartResult } from './report/figure.ts'
import { missedBar } from './report/figure.ts'
import { formatTable } from './report/table.ts'
import { measureScale } from './scale/scale.ts'
import { measureSoak } from './soak/soak.ts'

const parts = {
  load: measureLoad,
  miss: measureMiss,
  scale: measureScale,
  peers: measurePeers,
  names: measureNames,
  soak: measureSoak,
  health: measureHealth,
  places: measurePlaces,
  durable: measureDurable,
  records: measureRecords,
  spread: measureSpread,
  writes: measureWrites,
} as const
type Part = keyof typeof parts

/**
 * What runs when nothing is named: not the peers, which need programs of others and half an hour, and
 * not what takes a machine with some GB of memory, or a long time by its nature.
 */
const defaultParts: readonly Part[] = ['load', 'miss', 'scale']
/** Rounds without `--rounds`. What is said of other servers needs more of them. */
const ROUNDS = 3
const PEERS_ROUNDS = 5

interface Options {
  readonly seconds: number
  readonly rounds?: number
  readonly rate: number
  readonly apps: number
  readonly minutes: number
  readonly only?: readonly string[]
  readonly output?: string
}

/** Parts whose load is made by dnsperf. */
const partsWithDnsperf: readonly Part[] = ['load', 'peers', 'names', 'soak', 'places']

// Each process and each folder of a run has one, so that nothing is left behind; names has 5 meshes.
process.setMaxListeners(64)

const program = new Command('bench')
  .description('measures a mesh of real processes on this machine; see docs/benchmarks.md')
  .addArgument(
    new Argument('[parts...]', `${defaultParts.join(', ')} when none is named`).choices(
      Object.keys(parts),
    ),
  )
  .addOption(
    new Option('--seconds <n>', 'length of each run of dnsperf')
      .default(10)
      .argParser(between(1, 600)),
  )
  .addOption(
    new Option(
      '--rounds <n>',
      `rounds of everything (default: ${ROUNDS}, of peers ${PEERS_ROUNDS})`,
    ).argParser(between(1, 10)),
  )
  .addOption(
    new Option(
      '--rate <n>',
      'of peers, names and soak: queries per second of runs that are not full load',
    )
      .default(20_000)
      .argParser(between(100, 1_000_000)),
  )
  .addOption(
    new Option('--apps <n>', 'of names: apps that one edge holds')
      .default(1_000_000)
      .argParser(between(2_000, 1_000_000)),
  )
  .addOption(
    new Option('--minutes <n>', 'of soak: how long it goes on')
      .default(10)
      .argParser(between(1, 1_440)),
  )
  .addOption(
    new Option('--only <names>', 'of peers: those to measure, with commas between').argParser(
      peerNames,
    ),
  )
  .option('--output <file>', 'where the JSON result goes; else a new file in bench/results/')
  .exitOverride()

program.action(async (named: Part[], options: Options) => {
  process.exitCode = await bench(named, options).catch((err: unknown) => {
    progress(`error: ${messageOf(err)}`)
    return EXIT_FAILED
  })
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // An exit, unlike the signal itself, ends what was started and removes what was written.
  process.once(signal, () => process.exit(EXIT_FAILED))
}
await program.parseAsync().catch((err: unknown) => {
  // Commander has printed what is wrong with the command line; help ends with 0.
  if (!(err instanceof CommanderError)) throw err
  process.exitCode = err.exitCode === 0 ? EXIT_OK : EXIT_USAGE
})

/** Runs the parts, prints and stores what they found; returns the exit code. */
async function bench(named: readonly Part[], options: Options): Promise<number> {
  const [loadBefore = 0] = loadavg()
  const chosen = named.length > 0 ? named : defaultParts
  const usesDnsperf = chosen.some((part) => partsWithDnsperf.includes(part))
  const version = usesDnsperf ? await inFolder(dnsperfVersion) : 'not used'
  const conditions = await readConditions(process.argv.slice(2), version, loadBefore)
  const results: PartResult[] = []
  for (const part of chosen) {
    const rounds = options.rounds ?? (part === 'peers' ? PEERS_ROUNDS : ROUNDS)
    const result = await inFolder((folder) => parts[part](folder, { ...options, rounds }, progress))
    results.push(result)
    process.stdout.write(`${formatTable(result)}\n`)
  }
  const name = `${conditions.date.replaceAll(':', '')}-${chosen.join('-')}.json`
  const output = options.output ?? join(packageRoot(), 'bench/results', name)
  mkdirSync(dirname(output), { recursive: true })
  writeFileSync(output, `${JSON.stringify({ conditions, parts: results }, undefined, 2)}\n`)
  progress(`wrote ${output}`)
  const missed = results.flatMap(({ part, figures }) =>
    figures.flatMap((figure) => missedBar(part, figure) ?? []),
  )
  for (const line of missed) progress(line)
  return missed.length > 0 ? EXIT_FAILED : EXIT_OK
}

async function inFolder<T>(run: (folder: BenchFolder) => Promise<T>): Promise<T> {
  const folder = new BenchFolder()
  try {
    return await run(folder)
  } finally {
    folder.remove()
  }
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** Parses an option that has to be a whole number between two bounds. */
function between(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= min && value <= max) return value
    throw new InvalidArgumentError(`${text} is not a whole number in ${min}..${max}.`)
  }
}

/** Parses a list of names of peers. */
function peerNames(text: string): readonly string[] {
  const known = peers.map(({ name }) => name)
  const names = text.split(',')
  const unknown = names.find((name) => !known.includes(name))
  if (unknown === undefined) return names
  throw new InvalidArgumentError(`${unknown} is not one of: ${known.join(', ')}.`)
}
