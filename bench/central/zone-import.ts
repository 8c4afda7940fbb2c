import { join } from 'node:path'
import { processEnvironment } from '../../shared/config/environment.ts'
import { packageRoot } from '../../shared/package-root.ts'
import { systemClock } from '../../shared/clock.ts'
import type { BenchCentral } from '../mesh/central.ts'
import type { BenchFolder } from '../mesh/folder.ts'
import { Program } from '../process/program.ts'

const cliMain = join(packageRoot(), 'cli/main.ts')
const DEADLINE_MS = 600_000

/**
 * Imports a zone file as an operator does; returns the seconds from the spawn of the command to its end.
 * Throws when it does not say that all is there.
 */
export async function importZone(
  folder: BenchFolder,
  central: BenchCentral,
  file: string,
  rrsets: number,
): Promise<number> {
  const tokenFile = folder.write('token', central.token)
  const command = [process.execPath, cliMain, 'zone', 'import', file]
  const program = new Program([...command, '--url', central.url, '--token-file', tokenFile], {
    env: processEnvironment(),
  })
  const deadline = AbortSignal.timeout(DEADLINE_MS)
  while (!program.hasEnded && !deadline.aborted) await program.nextLine(deadline)
  const seconds = (systemClock.nowMs() - program.startedAt) / 1000
  await program.end()
  const last = program.lines.at(-1) ?? 'it said nothing'
  if (!last.includes(`: ${rrsets} rrsets in `) || !last.includes('serial')) {
    throw new Error(`zone import of ${rrsets} rrsets: ${last}`)
  }
  return seconds
}
