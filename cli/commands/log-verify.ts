import { resolve } from 'node:path'
import { z } from 'zod'
import { systemClock } from '../../shared/clock.ts'
import { MeridianError } from '../../shared/errors.ts'
import { EXIT_FAILED, EXIT_OK } from '../../shared/exit.ts'
import type { Call, Io } from '../call.ts'
import type { Request } from '../client.ts'
import { usageError } from '../failure.ts'
import { globalOptions, parseOptions } from '../options.ts'
import { renderJson, renderPairs } from '../output.ts'
import { withProgress } from '../progress.ts'
import { openSession } from '../session.ts'

/** The whole log, however long. */
const VERIFY_DEADLINE_MS = 1_800_000
/** How often a person sees how far it has come. */
const PROGRESS_MS = 200

const driverSchema = z.enum(['sqlite', 'kafka'])
const verifyOptions = z.object({
  ...globalOptions,
  dataDir: z.string().min(1).optional(),
  driver: driverSchema.optional(),
})

const verifiedSchema = z.object({
  ok: z.boolean(),
  version: z.int(),
  hash: z.string().optional(),
  events: z.int().optional(),
  detail: z.string().optional(),
})

/** `meridian log verify`: checks a log from its first record to its last. */
export async function verify(call: Call): Promise<number> {
  const { dataDir, driver, output } = parseOptions(verifyOptions, call.options)
  if (dataDir === undefined && driver !== undefined) {
    throw usageError('--driver: says which file of a --data-dir, which is not given')
  }
  const found =
    dataDir === undefined
      ? await verifyRunning(call)
      : await verifyFile(call.io, resolve(call.io.cwd, dataDir), driver)
  if (output === 'json') call.io.out(renderJson(found))
  else if (found.ok) {
    const { version, hash, events } = found
    call.io.out(
      renderPairs([
        ['head', version],
        ['hash', hash],
        ['changes', version],
        ['events', events],
      ]),
    )
  } else call.io.err(`error: ${found.detail}\n`)
  return found.ok ? EXIT_OK : EXIT_FAILED
}

type Verified = z.output<typeof verifiedSchema>

/** Lets a central that runs read its own log. */
async function verifyRunning(call: Call): Promise<Verified> {
  const { client } = openSession(verifyOptions, call)
  const request: Request = {
    method: 'POST',
    path: '/v1/log/verify',
    deadlineMs: VERIFY_DEADLINE_MS,
  }
  const answer = await withProgress(call.io, 'verifying', client.expect(request))
  return client.read(verifiedSchema, request, answer)
}

/** Reads the file of a central that is stopped; nothing is ever written to it. */
async function verifyFile(
  io: Io,
  dataDir: string,
  wanted: z.output<typeof driverSchema> | undefined,
): Promise<Verified> {
  const central = await import('../../central/main.ts')
  const { findLogFiles, logFiles, verifyLogFile } = await central.loadLogCheck()
  const drivers = findLogFiles(dataDir).filter((one) => wanted === undefined || one === wanted)
  const [driver] = drivers
  if (driver === undefined) {
    const missing = wanted === undefined ? Object.values(logFiles) : [logFiles[wanted]]
    throw usageError(`--data-dir: ${dataDir} has no ${missing.join(' and no ')}`)
  }
  if (drivers.length > 1) {
    const both = `${logFiles.sqlite} and ${logFiles.kafka}, from two drivers of the log`
    throw usageError(`--data-dir: ${dataDir} has ${both}; say which by --driver sqlite or kafka`)
  }
  const show = progressOf(io)
  try {
    return verifyLogFile(dataDir, driver, show)
  } catch (err) {
    if (!(err instanceof MeridianError) || err.code !== 'MERIDIAN_LOG_UNAVAILABLE') throw err
    const hint = 'stop that central, or ask it: meridian log verify --url URL'
    throw new MeridianError(err.code, `${err.message}; ${hint}`, { cause: err })
  } finally {
    show(0, 0)
  }
}

/** Shows how far it has come, where a person looks; `0, 0` takes the line away. */
function progressOf(io: Io): (version: number, head: number) => void {
  let shownAt = systemClock.nowMs()
  let isShown = false
  return (version, head) => {
    if (!io.isErrTty) return
    if (head === 0) {
      // The whole line is erased (ECMA-48 §8.3.41, EL 2).
      if (isShown) io.err('\r\u001B[2K')
      return
    }
    const now = systemClock.nowMs()
    if (now - shownAt < PROGRESS_MS) return
    shownAt = now
    isShown = true
    io.err(`\rverifying ${version} of ${head} (${Math.floor((version / head) * 100)} %)`)
  }
}
