import { z } from 'zod'
import { formatMistake, oneLine } from '../../shared/config/mistakes.ts'
import { EXIT_OK, EXIT_USAGE } from '../../shared/exit.ts'
import type { Finding } from '../../shared/zonefile/findings.ts'
import { checkZoneFile } from '../../shared/zonefile/report.ts'
import type { TypeCount, ZoneReport } from '../../shared/zonefile/report.ts'
import type { Call, Io } from '../call.ts'
import { nameOperand } from '../keys.ts'
import { globalOptions, operand, parseOptions } from '../options.ts'
import { renderJson, renderTable } from '../output.ts'
import { showFaults } from '../zone/faults.ts'
import { openZoneFile } from '../zone/open-file.ts'

const zoneOptions = z.object({
  ...globalOptions,
  origin: z.string().transform(nameOperand).optional(),
  includeAnywhere: z.boolean().default(false),
})

/** `meridian zone check FILE`: what a zone file has, and what is wrong with it. */
export async function checkZone({ args, options, io }: Call): Promise<number> {
  const { origin, output, includeAnywhere } = parseOptions(zoneOptions, options)
  const opened = await openZoneFile(io, operand(args, 0), { includeAnywhere })
  const { file } = opened
  const report = checkZoneFile(opened.source, { origin, openInclude: opened.openInclude })
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
  showFaults(io, file, { mistakes, findings })
  if (types.length > 0) io.out(`${renderTable(columns, types)}\n`)
  const zone = findings?.apex === undefined ? oneLine(file) : `zone ${findings.apex}`
  const at = serial === undefined ? '' : ` serial ${serial},`
  const verdict =
    findings === undefined
      ? `errors ${mistakes.length}, the zone as a whole was not checked`
      : `errors ${findings.errorCount}, warnings ${findings.warningCount}`
  io.out(`${zone}:${at} records ${records}, ${verdict}\n`)
}
