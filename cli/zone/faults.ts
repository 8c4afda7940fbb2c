import { formatMistake, oneLine } from '../../shared/config/mistakes.ts'
import type { Findings } from '../../shared/zonefile/findings.ts'
import { MISTAKES_MAX } from '../../shared/zonefile/parser.ts'
import type { ZoneReport } from '../../shared/zonefile/report.ts'
import type { Io } from '../call.ts'

/** Prints what is wrong with a zone file to stderr, a line each. */
export function showFaults(
  io: Io,
  file: string,
  { mistakes, findings }: Pick<ZoneReport, 'mistakes' | 'findings'>,
): void {
  for (const mistake of mistakes) io.err(`error: ${formatMistake(mistake)}\n`)
  if (mistakes.length >= MISTAKES_MAX) {
    io.err(`error: ${oneLine(file)}: the rest was not read: ${MISTAKES_MAX} mistakes are enough\n`)
  }
  if (findings !== undefined) showFindings(io, file, findings)
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
