import { z } from 'zod'
import { MeridianError } from '../../shared/errors.ts'
import type { Call, Run } from '../call.ts'
import type { Answer, Request, RestClient } from '../client.ts'
import { clusterKind } from '../kinds.ts'
import { globalOptions, operand } from '../options.ts'
import { cell, renderJson } from '../output.ts'
import { withProgress } from '../progress.ts'
import { openSession } from '../session.ts'
import { clusterFields, readStored } from './put.ts'
import { exitOfWait, servedBy, WAIT_DEADLINE_MS, waitQuery } from './written.ts'

/** Once more when somebody else changed the cluster between read and write. */
const ATTEMPTS_MAX = 2

const drainOptions = z.object({ ...globalOptions, wait: z.boolean().default(false) })

/** `meridian drain cluster ID`: answers name it only where nothing else is left. */
export const drainCluster: Run = (call) => turn(call, 'draining')

/** `meridian undrain cluster ID`: answers name it as before. */
export const undrainCluster: Run = (call) => turn(call, 'active')

type State = 'active' | 'draining'

async function turn(call: Call, wanted: State): Promise<number> {
  const { options, client } = openSession(drainOptions, call)
  const title = clusterKind.title(call.args)
  const work = writeState(client, { args: call.args, wanted, isWaiting: options.wait })
  const { before, answer } = await withProgress(call.io, `writing ${title}`, work)
  const place = `(version ${answer.version ?? 'unknown'}${servedBy(answer)})`
  const what = before === wanted ? `is ${wanted} already` : `was ${before}, is ${wanted}`
  call.io.out(options.output === 'json' ? renderJson(answer.body) : `${title} ${what} ${place}\n`)
  return exitOfWait(call.io, answer)
}

interface Write {
  readonly args: Call['args']
  readonly wanted: State
  readonly isWaiting: boolean
}

/** Writes also what is so already, which changes nothing: whoever waits hears whether it is served. */
async function writeState(
  client: RestClient,
  { args, wanted, isWaiting }: Write,
): Promise<{ readonly before: State; readonly answer: Answer }> {
  const path = clusterKind.itemPath(args)
  const title = clusterKind.title(args)
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const stored = await readStored(client, path)
    if (stored === undefined) throw failed(`${title} is not registered`)
    const before = stored.item['state']
    if (before !== 'active' && before !== 'draining') {
      const means = wanted === 'draining' ? 'drained' : 'undrained'
      throw failed(
        `${title} is ${cell(before)}, only one that is active or draining can be ${means}; ` +
          `meridian clusters put ${operand(args, 0)} --state ${wanted} changes any`,
      )
    }
    const kept = Object.entries(stored.item).filter(([name]) => clusterFields.includes(name))
    const request: Request = {
      method: 'PUT',
      path,
      query: waitQuery({ wait: isWaiting }),
      body: { ...Object.fromEntries(kept), state: wanted },
      headers: { 'if-match': stored.etag },
      deadlineMs: WAIT_DEADLINE_MS,
    }
    const answer = await client.send(request)
    if (answer.status === 412) continue
    if (answer.status < 200 || answer.status > 299) throw client.refusal(request, answer)
    return { before, answer }
  }
  throw failed(`${title} was changed by others ${ATTEMPTS_MAX} times between read and write`)
}

function failed(message: string): MeridianError {
  return new MeridianError('MERIDIAN_REQUEST_FAILED', message)
}
