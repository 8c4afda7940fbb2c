import { createLogger } from '../shared/log.ts'
import { runProgram } from '../shared/program.ts'
import { createCentral } from './central.ts'
import { centralOptionsSchema } from './options.ts'

/** Runs central until it is told to stop. Resolves with the exit code. */
export function run(options: { readonly configFile: string }): Promise<number> {
  return runProgram({
    schema: centralOptionsSchema,
    configFile: options.configFile,
    create: (config) => {
      const logger = createLogger(config.log.level, { program: 'central' })
      return { program: createCentral(config, logger), logger }
    },
  })
}

/** Loads what checks the log of a central that is stopped, without a central. */
export async function loadLogCheck() {
  const [files, check] = await Promise.all([
    import('./log/log-files.ts'),
    import('./log/verify-file.ts'),
  ])
  return { ...files, ...check }
}
