import { Resolver } from 'node:dns/promises'
import { z } from 'zod'
import { processEnvironment } from '../../shared/config/environment.ts'
import { loadConfig } from '../../shared/config/load.ts'
import { messageOf } from '../../shared/errors.ts'
import { EXIT_FAILED, EXIT_OK } from '../../shared/exit.ts'
import { createLogger } from '../../shared/log.ts'
import { nextSignal } from '../../shared/program.ts'
import { Agent } from '../agent/agent.ts'
import { findCentralUrls } from '../agent/bootstrap.ts'
import { DatagramWay } from '../agent/datagram-way.ts'
import { createLoadCommand } from '../agent/load-command.ts'
import { createLocalCheck } from '../agent/local-check.ts'
import type { AgentOptions } from '../agent/options.ts'
import { agentOptionsSchema } from '../agent/options.ts'
import { Registrar } from '../agent/registrar.ts'
import type { Call } from '../call.ts'
import { usageError } from '../failure.ts'
import { numberOption, parseOptions, refuse } from '../options.ts'
import { baseOf, findTarget } from '../target.ts'
import type { Target } from '../target.ts'

const { shape } = agentOptionsSchema

const flagsSchema = z.object({
  ...shape,
  port: numberOption(shape.port.unwrap()).optional(),
  leaseSeconds: numberFlag(shape.leaseSeconds),
  endAfterDownSeconds: numberOption(shape.endAfterDownSeconds.unwrap()).optional(),
  checkSeconds: numberFlag(shape.checkSeconds),
  fall: numberFlag(shape.fall),
  rise: numberFlag(shape.rise),
  // Words are parted by blanks; a command that wants others stands in a config file.
  loadCommand: z
    .string()
    .transform((text) => text.split(' ').filter((word) => word !== ''))
    .pipe(shape.loadCommand.unwrap())
    .optional(),
  loadSeconds: numberFlag(shape.loadSeconds),
  url: z.string().optional(),
})

/** `meridian agent`: keeps this machine registered until it is told to stop. */
export async function runAgent(call: Call): Promise<number> {
  const { config, url } = parseOptions(
    z.object({ config: z.string().min(1).optional(), url: z.string().optional() }),
    call.options,
  )
  if (config !== undefined) {
    const env = processEnvironment()
    const loaded = loadConfig({ schema: agentOptionsSchema, file: config, env })
    if (!loaded.ok) return refuse(call.io, loaded.mistakes)
    return run(loaded.value, url, call.io.cwd)
  }
  const { url: _, ...options } = parseOptions(flagsSchema, call.options)
  return run(options, url, call.io.cwd)
}

async function run(options: AgentOptions, url: string | undefined, cwd: string): Promise<number> {
  const { app, cluster, machine, addresses, port, leaseSeconds } = options
  const { endAfterDownSeconds, terminateUrl } = options
  const targets = targetsOf(options, url, cwd)
  const find = finderOf(options, cwd)
  const agent = new Agent({
    registrar: new Registrar(
      targets,
      {
        app,
        cluster,
        machine,
        leaseSeconds,
        ...(addresses === undefined ? {} : { addresses }),
        ...(port === undefined ? {} : { port }),
        ...(endAfterDownSeconds === undefined ? {} : { endAfterDownSeconds }),
        ...(terminateUrl === undefined ? {} : { terminateUrl }),
      },
      { find, datagrams: options.datagrams ? new DatagramWay() : undefined },
    ),
    check:
      options.check === undefined ? undefined : createLocalCheck(options.check, portOf(options)),
    checkMs: options.checkSeconds * 1000,
    measureLoad: loadOf(options),
    loadMs: options.loadSeconds * 1000,
    fall: options.fall,
    rise: options.rise,
    leaseMs: leaseSeconds * 1000,
    whyUnhealthy: options.whenUnhealthy === 'terminate' ? 'unhealthy' : 'left',
    random: Math.random,
    logger: createLogger('info', { component: 'agent', app, cluster, machine }),
  })
  return runUntilSignal(agent, createLogger('info', { component: 'agent' }))
}

/** The centrals by `--central`, else the one that every command talks to, unless they are to be found. */
function targetsOf(
  { central, bootstrap, tokenFile }: AgentOptions,
  url: string | undefined,
  cwd: string,
): readonly Target[] {
  const env = processEnvironment()
  if (central === undefined && bootstrap !== undefined && url === undefined) return []
  if (central === undefined) return [findTarget({ url, tokenFile }, env, cwd)]
  if (url !== undefined) throw usageError('--url: stands beside --central, one of them is wanted')
  return central.map((each) => ({
    ...findTarget({ url: baseOf(each, '--central'), tokenFile }, env, cwd),
    from: '--central',
  }))
}

/** How centrals are found by `--bootstrap`; undefined without it. */
function finderOf(
  { bootstrap, bootstrapScheme, tokenFile }: AgentOptions,
  cwd: string,
): (() => Promise<readonly Target[]>) | undefined {
  if (bootstrap === undefined) return undefined
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: 2 })
  const env = processEnvironment()
  return async () => {
    const urls = await findCentralUrls(bootstrap, bootstrapScheme, resolver, Math.random)
    return urls.map((url) => ({ ...findTarget({ url, tokenFile }, env, cwd), from: bootstrap }))
  }
}

/** Of one query for centrals. */
const DNS_TIMEOUT_MS = 2_000

/** How the load is measured; undefined where it is not. */
function loadOf({ loadCommand, app, cluster, machine, port }: AgentOptions) {
  if (loadCommand === undefined) return undefined
  return createLoadCommand(loadCommand, {
    MERIDIAN_APP: app,
    MERIDIAN_CLUSTER: cluster,
    MERIDIAN_MACHINE: machine,
    MERIDIAN_PORT: port === undefined ? '' : String(port),
  })
}

function portOf({ port }: AgentOptions): number {
  if (port !== undefined) return port
  throw usageError('--port: is missing, the port that --check looks at is wanted')
}

/** Runs the agent until SIGTERM or SIGINT; a second one ends it at once. */
async function runUntilSignal(
  agent: Agent,
  logger: ReturnType<typeof createLogger>,
): Promise<number> {
  await agent.start()
  const signal = await nextSignal()
  logger.info({ signal }, 'stopping')
  const stopped = agent.stop().then(
    () => EXIT_OK,
    (err: unknown) => {
      logger.error({ detail: messageOf(err) }, 'stop failed')
      return EXIT_FAILED
    },
  )
  return Promise.race([stopped, nextSignal().then(() => EXIT_FAILED)])
}

/** A number with a default as it comes from the command line. */
function numberFlag(schema: z.ZodDefault<z.ZodNumber>): z.ZodType<number, string | undefined> {
  const byDefault = schema.parse(undefined)
  return numberOption(schema.unwrap())
    .optional()
    .transform((value) => value ?? byDefault)
}
