import { stringify } from 'yaml'
import { z } from 'zod'
import { EXIT_FAILED, EXIT_OK } from '../../shared/exit.ts'
import type { Call } from '../call.ts'
import type { Request, RestClient } from '../client.ts'
import { timeText } from '../event-words.ts'
import { usageError } from '../failure.ts'
import { globalOptions } from '../options.ts'
import { renderJson } from '../output.ts'
import { withProgress } from '../progress.ts'
import { openSession } from '../session.ts'

/** Central folds its log for this: a million events take it about 10 s. */
const REPLAY_DEADLINE_MS = 120_000
/** The whole log, however long. */
const VERIFY_DEADLINE_MS = 1_800_000

const replayOptions = z.object({
  ...globalOptions,
  to: z.string().optional(),
  verify: z.boolean().default(false),
})

const stateSchema = z.object({
  version: z.int(),
  atEpoch: z.number().optional(),
  stateHash: z.string(),
  manifest: z.record(z.string(), z.array(z.unknown())),
})

/** `meridian replay`: what operators had put at a moment. */
export async function replay(call: Call): Promise<number> {
  const { options, client } = openSession(replayOptions, call)
  const { to, verify, output } = options
  if (verify && to !== undefined) throw usageError('--verify: is of the whole log, without --to')
  if (verify) return compare(call, client, output)
  const request: Request = {
    method: 'GET',
    path: '/v1/state',
    query: { at: to, hash: 'true' },
    deadlineMs: REPLAY_DEADLINE_MS,
  }
  const answer = await withProgress(call.io, 'replaying', client.expect(request))
  if (output === 'json') {
    call.io.out(renderJson(answer.body))
    return EXIT_OK
  }
  const { version, atEpoch, stateHash, manifest } = client.read(stateSchema, request, answer)
  const time = atEpoch === undefined ? '' : ` of ${timeText(atEpoch)}`
  // A comment: what is printed can be applied as it is.
  call.io.out(`# version ${version}${time}, state hash ${stateHash}\n${stringify(manifest)}`)
  return EXIT_OK
}

const comparedSchema = z.object({
  ok: z.boolean(),
  version: z.int(),
  detail: z.string().optional(),
  stateHash: z.string().optional(),
  liveStateHash: z.string().optional(),
})

/** Lets central fold its whole log, and compares with what it serves. */
async function compare(call: Call, client: RestClient, output: string): Promise<number> {
  const request: Request = {
    method: 'POST',
    path: '/v1/log/verify',
    query: { state: 'true' },
    deadlineMs: VERIFY_DEADLINE_MS,
  }
  const answer = await withProgress(call.io, 'replaying the whole log', client.expect(request))
  const { ok, version, detail, ...hashes } = client.read(comparedSchema, request, answer)
  const isEqual = ok && hashes.stateHash === hashes.liveStateHash
  if (output === 'json') call.io.out(renderJson(answer.body))
  else if (isEqual) {
    call.io.out(
      `version ${version}: the log folds to what is served, state hash ${hashes.stateHash}\n`,
    )
  } else {
    const found = `the log folds to ${hashes.stateHash}, central serves ${hashes.liveStateHash}`
    call.io.err(`error: version ${version}: ${detail ?? found}\n`)
  }
  return isEqual ? EXIT_OK : EXIT_FAILED
}
