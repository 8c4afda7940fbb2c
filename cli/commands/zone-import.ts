import { z } from 'zod'
import { MeridianError } from '../../shared/errors.ts'
import { EXIT_USAGE } from '../../shared/exit.ts'
import type { RrsetKey } from '../../shared/registry/rrset-schema.ts'
import { checkZoneFile } from '../../shared/zonefile/report.ts'
import type { Call, Io } from '../call.ts'
import type { Answer, Request, RestClient } from '../client.ts'
import { diffEntrySchema, renderDiff } from '../diff.ts'
import { usageError } from '../failure.ts'
import { nameOperand, pathOf } from '../keys.ts'
import { globalOptions, operand } from '../options.ts'
import { renderJson } from '../output.ts'
import { withProgress } from '../progress.ts'
import { openSession } from '../session.ts'
import type { Chunk } from '../zone/chunks.ts'
import { chunksOf } from '../zone/chunks.ts'
import type { ZoneContent } from '../zone/content.ts'
import { ZoneCollector } from '../zone/content.ts'
import { rrsetsOfCentral } from '../zone/existing.ts'
import { showFaults } from '../zone/faults.ts'
import { openZoneFile } from '../zone/open-file.ts'
import { showParts } from '../zone/parts.ts'
import { readStored } from './put.ts'
import { exitOfWait, servedBy, waitQuery } from './written.ts'

/** A change set of 100,000 rrsets takes central seconds, on a slow machine many. */
const IMPORT_DEADLINE_MS = 120_000
/** Rrsets up to which what changes is shown one by one. */
const DIFF_MAX_RRSETS = 10_000
/** Rrsets that would be deleted, as they are named. */
const NAMED_MAX = 10

const importOptions = z.object({
  ...globalOptions,
  zone: z.string().transform(nameOperand).optional(),
  replace: z.boolean().default(false),
  yes: z.boolean().default(false),
  confirm: z.boolean().default(false),
  dryRun: z.boolean().default(false),
  wait: z.boolean().default(false),
  includeAnywhere: z.boolean().default(false),
})

type ImportOptions = z.output<typeof importOptions>

const resultSchema = z.object({
  version: z.int(),
  changed: z.int(),
  diff: z.array(diffEntrySchema).default([]),
  guarded: z.string().optional(),
})

/** `meridian zone import FILE`: puts a zone as a zone file has it. */
export async function importZone(call: Call): Promise<number> {
  const { options, client } = openSession(importOptions, call)
  const { io } = call
  const file = operand(call.args, 0)
  const content = await readContent(io, file, options)
  if (content === undefined) return EXIT_USAGE
  const { apex } = content.zone
  const stored = await readStored(client, pathOf('zones', apex))
  const deletes =
    options.replace && stored !== undefined
      ? missingFrom(content, await withProgress(io, 'reading', rrsetsOfCentral(client, apex)))
      : []
  if (deletes.length > 0 && !options.yes && !options.dryRun) {
    throw usageError(`${wouldDelete(deletes)}: --yes is wanted, or --dry-run`)
  }
  const version = stored?.item['version']
  const base: Base = {
    zone: { ...content.zone, policy: stored?.item['policy'] },
    precondition: {
      kind: 'zone',
      id: apex,
      ...(stored === undefined ? { absent: true } : { version }),
    },
  }
  const parts = chunksOf(deletes, content.rrsets)
  const done = await send({ io, client, options }, base, parts)
  const serial = options.dryRun ? undefined : (await client.get(pathOf('zones', apex)))['serial']
  const last = done.at(-1)
  if (last === undefined) throw new TypeError('nothing was sent')
  const result = {
    zone: apex,
    file,
    rrsets: content.rrsets.length,
    deleted: deletes.length,
    changed: done.reduce((sum, { changes }) => sum + changes.changed, 0),
    changeSets: done.length,
    version: last.changes.version,
    serial,
    fileSerial: content.serial,
    dryRun: options.dryRun,
    diff: done.flatMap(({ changes }) => changes.diff),
    guarded: last.changes.guarded,
  }
  if (options.output === 'json') io.out(renderJson(result))
  else io.out(`${renderDiff(result.diff)}${summaryOf(result)}${servedBy(last.answer)}\n`)
  return exitOfWait(io, last.answer)
}

/** What the file has; undefined when it cannot be imported, which was said. */
async function readContent(
  io: Io,
  file: string,
  { zone, includeAnywhere }: ImportOptions,
): Promise<ZoneContent | undefined> {
  const opened = await openZoneFile(io, file, { includeAnywhere })
  const collector = new ZoneCollector()
  const report = checkZoneFile(opened.source, {
    origin: zone,
    openInclude: opened.openInclude,
    onRecord: (record) => collector.add(record),
  })
  showFaults(io, file, report)
  if (report.findings === undefined || report.findings.errorCount > 0) {
    io.err(`error: ${file}: nothing was sent\n`)
    return undefined
  }
  const content = collector.finish()
  if (typeof content === 'string') throw usageError(`${file} ${content}: nothing was sent`)
  return content
}

function missingFrom({ rrsets }: ZoneContent, existing: readonly RrsetKey[]): readonly RrsetKey[] {
  const kept = new Set(rrsets.map(({ name, type }) => `${name} ${type}`))
  return existing.filter(({ name, type }) => !kept.has(`${name} ${type}`))
}

function wouldDelete(deletes: readonly RrsetKey[]): string {
  const named = deletes.slice(0, NAMED_MAX).map(({ name, type }) => `${name} ${type}`)
  const more = deletes.length > NAMED_MAX ? `, … ${deletes.length - NAMED_MAX} more` : ''
  return `--replace deletes ${deletes.length} rrsets (${named.join(', ')}${more})`
}

/** What every change set of an import has. */
interface Base {
  readonly zone: object
  readonly precondition: object
}

interface Done {
  readonly answer: Answer
  readonly changes: z.output<typeof resultSchema>
}

async function send(
  { io, client, options }: { io: Io; client: RestClient; options: ImportOptions },
  { zone, precondition }: Base,
  parts: readonly Chunk[],
): Promise<readonly Done[]> {
  const total = parts.reduce((sum, part) => sum + sizeOf(part), 0)
  const progress = showParts(io, total, parts.length)
  const done: Done[] = []
  // The bar of several change sets says more than the seconds of one of them.
  const patiently = (answer: Promise<Answer>): Promise<Answer> =>
    parts.length === 1 ? withProgress(io, 'importing', answer) : answer
  for (const [i, { deletes, records }] of parts.entries()) {
    const isLast = i === parts.length - 1
    const request: Request = {
      method: 'POST',
      path: '/v1/changes',
      query: {
        dryRun: options.dryRun ? 'true' : undefined,
        confirm: options.confirm ? 'true' : undefined,
        diff: total > DIFF_MAX_RRSETS ? 'false' : undefined,
        ...waitQuery({ wait: options.wait && isLast && !options.dryRun }),
      },
      body: {
        zones: [zone],
        records,
        deletes: { records: deletes },
        // Later ones come after the first, which has changed it.
        preconditions: i === 0 ? [precondition] : [],
      },
      deadlineMs: IMPORT_DEADLINE_MS,
    }
    const answer = await patiently(client.send(request)).finally(progress.clear)
    if (answer.status < 200 || answer.status > 299) {
      throw refusalOf(client.refusal(request, answer), i, parts.length)
    }
    done.push({ answer, changes: client.read(resultSchema, request, answer) })
    progress.add(sizeOf({ deletes, records }))
  }
  return done
}

function sizeOf({ deletes, records }: Chunk): number {
  return deletes.length + records.length
}

/** Says how far an import of several change sets came. */
function refusalOf(refusal: MeridianError, done: number, parts: number): MeridianError {
  if (parts === 1) return refusal
  const stays = done === 0 ? 'nothing was changed' : `the ${done} before it are done and stay`
  const message = `${refusal.message}; this was change set ${done + 1} of ${parts}, ${stays}`
  return new MeridianError('MERIDIAN_REQUEST_FAILED', message, { cause: refusal })
}

interface Summary {
  readonly zone: string
  readonly rrsets: number
  readonly changed: number
  readonly changeSets: number
  readonly version: number
  readonly serial: unknown
  readonly fileSerial: number
  readonly dryRun: boolean
  readonly guarded: string | undefined
}

function summaryOf(result: Summary): string {
  const { zone, rrsets, changed, changeSets, version, serial, fileSerial, dryRun } = result
  const atomic = changeSets === 1 ? 'one change set' : `${changeSets} change sets, one by one`
  const head = `zone ${zone}: ${rrsets} rrsets in ${atomic}`
  if (dryRun) {
    const guarded =
      result.guarded === undefined ? '' : `; refused without --confirm: ${result.guarded}`
    return `${head}, would change ${changed} (version ${version} stays)${guarded}`
  }
  const serials = `serial ${String(serial)} by the log of central, ${fileSerial} in the file`
  return `${head}, ${changed === 0 ? 'no change' : `changed ${changed}`} (version ${version}), ${serials}`
}
