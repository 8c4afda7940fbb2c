import { access, constants, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { z } from 'zod'
import { formatMistake, oneLine } from '../../shared/config/mistakes.ts'
import { messageOf } from '../../shared/errors.ts'
import { EXIT_OK, EXIT_USAGE } from '../../shared/exit.ts'
import { createIncludes, fileSource } from '../../shared/zonefile/files.ts'
import type { Finding, Findings } from '../../shared/zonefile/findings.ts'
import { MISTAKES_MAX } from '../../shared/zonefile/parser.ts'
import { checkZoneFile } from '../../shared/zonefile/report.ts'
import type { TypeCount, ZoneReport } from '../../shared/zonefile/report.ts'
import type { Call, Io } from '../call.ts'
import { usageError } from '../failure.ts'
import { nameOperand } from '../keys.ts'
import { globalOptions, operand, parseOptions } from '../options.ts'
import { renderJson, renderTable } from '../output.ts'

const zoneOptions = z.object({
  ...globalOptions,
  origin: z.string().transform(nameOperand).optional(),
  includeAnywhere: z.boolean().default(false),
})

/** `meridian zone check FILE`: what a zone file has, and what is wrong with it. */
export async function checkZone({ args, options, io }: Call): Promise<number> {
  const { origin, output, includeAnywhere } = parseOptions(zoneOptions, options)
  const file = operand(args, 0)
  const path = resolve(io.cwd, file)
  await access(path, constants.R_OK).catch((err: unknown) => {
    throw usageError(`${file} cannot be read: ${messageOf(err)}`)
  })
  if ((await stat(path)).isDirectory()) throw usageError(`${file} is a folder, a file is wanted`)
  const elsewhere = includeAnywhere ? 'allowed' : 'refused'
  const openInclude = createIncludes(file, { elsewhere, cwd: io.cwd })
  const report = checkZoneFile(fileSource(path, file), { origin, openInclude })
  const isOk = report.mistakes.length === 0 && report.findings?.errorCount === 0
  if (output === 'json') io.out(renderJson(toJson(file, report, isOk)))
  else show(io, file, report)
  return isOk ? EXIT_OK : EXIT_USAGE
}

function toJson(file: string, report: ZoneReport, isOk: boolean): object {
  const { records, types, serial, mistakes, findings } = report
  const ofFindings = (list: readonly Finding[] = []): readonly object[] =>
    list.map(({ rule, place, message }) => ({ rule, ...place, message }))
  const ofMistakes = mistakes.map(({ file, line, column, value, wanted }) => {
    return { rule: 'syntax', file, line, column, message: messageIn(value, wanted) }
  })
  return {
    ok: isOk,
    file,
    apex: findings?.apex,
    serial,
    records,
    types: Object.fromEntries(types.map((count) => [count.type, count.records])),
    errors: [...ofMistakes, ...ofFindings(findings?.errors)],
    warnings: ofFindings(findings?.warnings),
    errorCount: findings?.errorCount ?? mistakes.length,
    warningCount: findings?.warningCount ?? 0,
  }
}

/** The line of a mistake without its place. */
function messageIn(value: string | undefined, wanted: string): string {
  const mistake = { file: '', path: '', wanted }
  return formatMistake(value === undefined ? mistake : { ...mistake, value }).replace(/^: /, '')
}

const columns = [
  { title: 'type', of: ({ type }: TypeCount) => type },
  { title: 'records', of: ({ records }: TypeCount) => records, align: 'right' as const },
]

function show(
  io: Io,
  file: string,
  { records, types, serial, mistakes, findings }: ZoneReport,
): void {
  for (const mistake of mistakes) io.err(`error: ${formatMistake(mistake)}\n`)
  if (mistakes.length >= MISTAKES_MAX) {
    io.err(`error: ${oneLine(file)}: the rest was not read: ${MISTAKES_MAX} mistakes are enough\n`)
  }
  if (findings !== undefined) showFindings(io, file, findings)
  if (types.length > 0) io.out(`${renderTable(columns, types)}\n`)
  const zone = findings?.apex === undefined ? oneLine(file) : `zone ${findings.apex}`
  const at = serial === undefined ? '' : ` serial ${serial},`
  const verdict =
    findings === undefined
      ? `errors ${mistakes.length}, the zone as a whole was not checked`
      : `errors ${findings.errorCount}, warnings ${findings.warningCount}`
  io.out(`${zone}:${at} records ${records}, ${verdict}\n`)
}

function showFindings(io: Io, file: string, findings: Findings): void {
  const kinds = [
    { kind: 'error', list: findings.errors, count: findings.errorCount },
    { kind: 'warning', list: findings.warnings, count: findings.warningCount },
  ]
  for (const { kind, list, count } of kinds) {
    for (const { rule, place, message } of list) {
      const at = place === undefined ? file : `${place.file}:${place.line}:${place.column}`
      io.err(`${kind}: ${oneLine(at)}: ${message} (${rule})\n`)
    }
    if (count > list.length) io.err(`${kind}: ${count - list.length} more\n`)
  }
}
