import { processEnvironment } from '../shared/config/environment.ts'
import type { z } from 'zod'
import type { Call } from './call.ts'
import { RestClient } from './client.ts'
import { parseOptions } from './options.ts'
import { findTarget } from './target.ts'

/** What every command that talks to central begins with. */
export interface Session<Options> {
  readonly options: Options
  readonly client: RestClient
}

/** Checks the options of a command and finds central. */
export function openSession<
  Schema extends z.ZodType<{ url?: string | undefined; tokenFile?: string | undefined }>,
>(schema: Schema, call: Call): Session<z.output<Schema>> {
  const options = parseOptions(schema, call.options)
  const target = findTarget(options, processEnvironment(), call.io.cwd)
  return { options, client: new RestClient(target) }
}
