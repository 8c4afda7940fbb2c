import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { z } from 'zod'
import { systemClock } from '../../shared/clock.ts'
import { TYPE_A, TYPE_AAAA } from '../../shared/dns/codes.ts'
import { MeridianError, messageOf } from '../../shared/errors.ts'
import { EXIT_OK } from '../../shared/exit.ts'
import type { Call } from '../call.ts'
import type { RestClient } from '../client.ts'
import { usageError } from '../failure.ts'
import { nameOperand } from '../keys.ts'
import { globalOptions, numberOption, refuse } from '../options.ts'
import { renderJson } from '../output.ts'
import { withProgress } from '../progress.ts'
import { openSession } from '../session.ts'
import { askByLog, askByMadeUp, QUERY_LINES_MAX } from '../simulate/asked.ts'
import type { LogCounts, Stage } from '../simulate/asked.ts'
import { Comparison } from '../simulate/compare.ts'
import { findEdgeSites } from '../simulate/edge-sites.ts'
import { loadEngine } from '../simulate/engine.ts'
import { readPresent, SIMULATED_APPS_MAX } from '../simulate/present.ts'
import { readProposal } from '../simulate/proposal.ts'
import type { Proposal } from '../simulate/proposal.ts'
import { renderReport } from '../simulate/report.ts'
import type { Population } from '../simulate/report.ts'
import type { World } from '../simulate/world.ts'

/** Clients that are made up. */
const MADE_UP_MAX = 1_000_000

const qtypes = { A: TYPE_A, AAAA: TYPE_AAAA } as const

const simulateOptions = z.object({
  ...globalOptions,
  file: z.string().min(1),
  app: z.array(z.string().transform(nameOperand)).default([]),
  queries: z.string().min(1).optional(),
  clients: numberOption(z.int().min(1).max(MADE_UP_MAX)),
  seed: numberOption(z.int().min(0).max(0xffff_ffff)),
  type: z.enum(['A', 'AAAA']),
  edges: z.enum(['connected', 'clusters']).optional(),
})

type Options = z.output<typeof simulateOptions>

/** `meridian simulate -f FILE`: what a change would do to the traffic of clusters, before it is applied. */
export async function simulate(call: Call): Promise<number> {
  const { io } = call
  const { options, client } = openSession(simulateOptions, call)
  if (options.file === '-' && options.queries === '-') {
    throw usageError('--file and --queries: both are -, stdin can be one of them only')
  }
  const read = await readProposal(options.file, io.stdin)
  if (!read.ok) return refuse(io, read.mistakes)
  const { proposal } = read
  const chunks = options.queries === undefined ? undefined : await openLog(options.queries, call)
  const wanted = namesOf(proposal, options.app)
  const now = await withProgress(io, 'reading from central', readPresent(client, wanted))
  const names = wanted ?? [...now.apps.keys()]
  const later = proposal.over(now, names)
  warn(call, options, now, later, names)
  const work = compare(client, options, { now, later, names }, chunks)
  const report = await withProgress(io, 'simulating', work)
  const { population } = report
  if (population.kind === 'log') tellOfLog(call, population)
  io.out(options.output === 'json' ? renderJson(report) : renderReport(report))
  return EXIT_OK
}

/** Those of the file; of these or else of all those that `--app` names. Undefined for all there are. */
function namesOf({ names }: Proposal, named: readonly string[]): readonly string[] | undefined {
  const wanted = named.length > 0 ? [...new Set(named)] : names
  if (wanted.length > SIMULATED_APPS_MAX) {
    const most = `at most ${SIMULATED_APPS_MAX} are looked at: name some by --app`
    throw usageError(`the file has ${wanted.length} apps, ${most}`)
  }
  return wanted.length === 0 ? undefined : wanted
}

async function compare(
  client: RestClient,
  { clients, seed, type, edges: kind }: Options,
  { now, later, names }: { now: World; later: World; names: readonly string[] },
  chunks: AsyncIterable<unknown> | undefined,
) {
  const edges = await findEdgeSites(client, kind, now, later)
  const engine = await loadEngine()
  const comparison = new Comparison(engine, systemClock, now, later, names)
  const { sites } = edges
  const stage: Stage = { comparison, now, later, sites, names }
  const population = await ask(stage)
  const { apps, total } = comparison
  return { population, edges: { kind: edges.kind, count: sites.length }, apps, total }

  async function ask(stage: Stage): Promise<Population> {
    if (chunks !== undefined) return { kind: 'log', ...(await askByLog(stage, chunks)) }
    await askByMadeUp(stage, { count: clients, seed, qtype: qtypes[type] })
    return { kind: 'generated', clients, seed }
  }
}

async function openLog(file: string, { io }: Call): Promise<AsyncIterable<unknown>> {
  if (file === '-') return io.stdin
  const found = await stat(file).catch((err: unknown) => {
    throw usageError(`--queries: ${file} cannot be read: ${messageOf(err)}`)
  })
  if (found.isDirectory()) throw usageError(`--queries: ${file} is a folder, a file is wanted`)
  return createReadStream(file)
}

/** Says what a reader of the tables would not expect. */
function warn(
  { io }: Call,
  { queries }: Options,
  now: World,
  later: World,
  names: readonly string[],
): void {
  const missing = names.filter((name) => !later.apps.has(name))
  if (names.length === 0 || missing.length > 0) {
    const what = names.length === 0 ? 'central has no app' : `${missing[0]} is not registered`
    const more = missing.length > 1 ? `, nor are ${missing.length - 1} more` : ''
    throw new MeridianError('MERIDIAN_REQUEST_FAILED', `${what}${more}`)
  }
  for (const [name, { endpoints }] of later.apps) {
    const strays = [...endpoints.keys()].filter((id) => !later.clusters.has(id))
    if (strays.length === 0) continue
    const more = strays.length > 1 ? ` (and ${strays.length - 1} more)` : ''
    io.err(`${name} has an endpoint on ${strays[0]}${more}, which is no cluster: it is left out\n`)
  }
  if (queries !== undefined && later.networks.length === 0 && now.networks.length === 0) {
    io.err('no networks are registered: clients of the log are taken to be where their edge is\n')
  }
}

/** Says what of a log did not count. */
function tellOfLog({ io }: Call, log: LogCounts): void {
  const { bad, firstBad, otherNames, otherTypes, otherEdges, unplaced, queries, isCut } = log
  const tell = (text: string): void => io.err(`${text}\n`)
  if (firstBad !== undefined) {
    tell(
      `${bad} bad lines were left out; the first is line ${firstBad.line}: it ${firstBad.reason}`,
    )
  }
  if (otherNames > 0) tell(`${otherNames} queries were for names that are not looked at`)
  if (otherTypes > 0) tell(`${otherTypes} queries were for types that no app is steered for`)
  if (otherEdges > 0) tell(`${otherEdges} queries were to edges that are not known`)
  if (unplaced > 0) {
    tell(`${unplaced} queries were left out: without a known edge, from clients in no network`)
  }
  if (isCut) tell(`only the first ${QUERY_LINES_MAX} lines were read`)
  if (queries === 0) {
    throw new MeridianError('MERIDIAN_REQUEST_FAILED', 'the log has no query that could be decided')
  }
}
