import { access, constants, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { messageOf } from '../../shared/errors.ts'
import { createIncludes, fileSource } from '../../shared/zonefile/files.ts'
import type { OpenInclude, Source } from '../../shared/zonefile/source.ts'
import type { Io } from '../call.ts'
import { usageError } from '../failure.ts'

/** A zone file that can be read, and what opens the files that it includes. */
export interface OpenedZoneFile {
  /** As it was named. */
  readonly file: string
  readonly source: Source
  readonly openInclude: OpenInclude
}

/** Opens a zone file. Throws a usage error when it cannot be read. */
export async function openZoneFile(
  io: Pick<Io, 'cwd'>,
  file: string,
  { includeAnywhere }: { readonly includeAnywhere: boolean },
): Promise<OpenedZoneFile> {
  const path = resolve(io.cwd, file)
  await access(path, constants.R_OK).catch((err: unknown) => {
    throw usageError(`${file} cannot be read: ${messageOf(err)}`)
  })
  if ((await stat(path)).isDirectory()) throw usageError(`${file} is a folder, a file is wanted`)
  const elsewhere = includeAnywhere ? 'allowed' : 'refused'
  const openInclude = createIncludes(file, { elsewhere, cwd: io.cwd })
  return { file, source: fileSource(path, file), openInclude }
}
