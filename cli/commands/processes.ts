import { z } from 'zod'
import { processEnvironment } from '../../shared/config/environment.ts'
import type { Call } from '../call.ts'
import { usageError } from '../failure.ts'
import { parseOptions } from '../options.ts'

const configOptions = z.object({ config: z.string().min(1).optional() })

function configFileOf(call: Call): string {
  const { config } = parseOptions(configOptions, call.options)
  const file = config ?? processEnvironment()['MERIDIAN_CONFIG']
  if (file !== undefined && file !== '') return file
  throw usageError('--config: is missing, a file is wanted (or its name in MERIDIAN_CONFIG)')
}

/** `meridian central`: runs until it is told to stop. */
export async function runCentral(call: Call): Promise<number> {
  const configFile = configFileOf(call)
  const { run } = await import('../../central/main.ts')
  return run({ configFile })
}

/** `meridian edge`: runs until it is told to stop. */
export async function runEdge(call: Call): Promise<number> {
  const configFile = configFileOf(call)
  const { run } = await import('../../edge/main.ts')
  return run({ configFile })
}

/** `meridian dev`: one central and three edges on this machine. */
export async function runDevMesh(call: Call): Promise<number> {
  const { fresh } = parseOptions(z.object({ fresh: z.boolean().default(false) }), call.options)
  const { runDev } = await import('../dev/dev.ts')
  return runDev({ fresh })
}
