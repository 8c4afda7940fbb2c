import { createLogger } from '../shared/log.ts'
import { runProgram } from '../shared/program.ts'
import { createEdge } from './edge.ts'
import { edgeOptionsSchema } from './options.ts'

/** Runs an edge until it is told to stop. Resolves with the exit code. */
export function run(options: { readonly configFile: string }): Promise<number> {
  return runProgram({
    schema: edgeOptionsSchema,
    configFile: options.configFile,
    create: (config) => {
      const logger = createLogger(config.log.level, { program: 'edge', edge: config.id })
      return { program: createEdge(config, logger), logger }
    },
  })
}

/** The engine of steering by itself, over plain data, for commands that ask what would be answered. */
export async function loadEngine() {
  return import('./steer/imagined-edge.ts')
}
