import { z } from 'zod'
import { MeridianError } from '../../shared/errors.ts'
import type { Call, Run } from '../call.ts'
import type { Answer, Item, Request, RestClient } from '../client.ts'
import { clusterKind, endpointKind, type Kind } from '../kinds.ts'
import { globalOptions, operand } from '../options.ts'
import { cell, renderJson } from '../output.ts'
import { withProgress } from '../progress.ts'
import { openSession } from '../session.ts'
import { clusterFields, endpointFields, readStored } from './put.ts'
import { exitOfWait, servedBy, WAIT_DEADLINE_MS, waitQuery } from './written.ts'

/** Once more when somebody else changed the object between read and write. */
const ATTEMPTS_MAX = 2

const drainOptions = z.object({ ...globalOptions, wait: z.boolean().default(false) })

/** `meridian drain cluster ID`: answers name it only where nothing else is left. */
export const drainCluster: Run = (call) => turn(call, cluster, 'draining')

/** `meridian undrain cluster ID`: answers name it as before. */
export const undrainCluster: Run = (call) => turn(call, cluster, 'active')

/** `meridian drain endpoint NAME CLUSTER`: as a cluster, but for one app. */
export const drainEndpoint: Run = (call) => turn(call, endpoint, 'draining')

/** `meridian undrain endpoint NAME CLUSTER`. */
export const undrainEndpoint: Run = (call) => turn(call, endpoint, 'active')

type State = 'active' | 'draining'

/** A kind of object that can be drained. */
interface Target {
  readonly kind: Kind
  /** What the body of a put has. */
  readonly fields: readonly string[]
  readonly stateOf: (item: Item) => unknown
  /** The fields of a put that make the state so. */
  readonly stateField: (state: State) => Item
  /** The command that changes any state. */
  readonly putCommand: (args: Call['args']) => string
}

const cluster: Target = {
  kind: clusterKind,
  fields: clusterFields,
  stateOf: (item) => item['state'],
  stateField: (state) => ({ state }),
  putCommand: (args) => `clusters put ${operand(args, 0)}`,
}

const endpoint: Target = {
  kind: endpointKind,
  fields: endpointFields,
  stateOf: (item) => item['state'] ?? 'active',
  // One that is active has no state, so that equal ones compare equal.
  stateField: (state) => (state === 'active' ? {} : { state }),
  putCommand: (args) => `endpoints put ${operand(args, 0)} ${operand(args, 1)}`,
}

async function turn(call: Call, target: Target, wanted: State): Promise<number> {
  const { options, client } = openSession(drainOptions, call)
  const title = target.kind.title(call.args)
  const work = writeState(client, target, { args: call.args, wanted, isWaiting: options.wait })
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
  { kind, fields, stateOf, stateField, putCommand }: Target,
  { args, wanted, isWaiting }: Write,
): Promise<{ readonly before: State; readonly answer: Answer }> {
  const path = kind.itemPath(args)
  const title = kind.title(args)
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const stored = await readStored(client, path)
    if (stored === undefined) throw failed(`${title} is not registered`)
    const before = stateOf(stored.item)
    if (before !== 'active' && before !== 'draining') {
      const means = wanted === 'draining' ? 'drained' : 'undrained'
      throw failed(
        `${title} is ${cell(before)}, only one that is active or draining can be ${means}; ` +
          `meridian ${putCommand(args)} --state ${wanted} changes any`,
      )
    }
    const { state: _, ...item } = stored.item
    const kept = Object.entries(item).filter(([name]) => fields.includes(name))
    const request: Request = {
      method: 'PUT',
      path,
      query: waitQuery({ wait: isWaiting }),
      body: { ...Object.fromEntries(kept), ...stateField(wanted) },
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
