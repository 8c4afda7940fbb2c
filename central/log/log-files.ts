import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** The drivers that keep a file; as `eventLog.driver` of central. */
export type FileDriver = 'sqlite' | 'kafka'

/** The files that drivers keep in the data folder of a central. */
export const logFiles: Readonly<Record<FileDriver, string>> = {
  sqlite: 'events.sqlite',
  kafka: 'events-kafka.sqlite',
}

/** The drivers whose files are in the data folder of a central. */
export function findLogFiles(dataDir: string): readonly FileDriver[] {
  const drivers: readonly FileDriver[] = ['sqlite', 'kafka']
  return drivers.filter((driver) => existsSync(join(dataDir, logFiles[driver])))
}
