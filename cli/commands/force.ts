import { z } from 'zod'
import { FORCE_MAX_SECONDS } from '../../shared/registry/limits.ts'
import { forceSchema, type ForcedState } from '../../shared/registry/force-schema.ts'
import type { Call, Run } from '../call.ts'
import type { Request } from '../client.ts'
import { formatDuration, parseDuration } from '../duration.ts'
import { idOperand, nameOperand, pathOf } from '../keys.ts'
import { endpointKind } from '../kinds.ts'
import { globalOptions, operand } from '../options.ts'
import { renderJson } from '../output.ts'
import { withProgress } from '../progress.ts'
import { openSession } from '../session.ts'
import { exitOfWait, servedBy, WAIT_DEADLINE_MS, waitQuery } from './written.ts'

const writeOptions = { ...globalOptions, wait: z.boolean().default(false) }
const forceOptions = z.object({
  ...writeOptions,
  for: z.string().transform((text, ctx) => {
    const seconds = parseDuration(text)
    if (seconds !== undefined && seconds >= 1 && seconds <= FORCE_MAX_SECONDS) return seconds
    const message = `is not a time from 1s to ${formatDuration(FORCE_MAX_SECONDS * 1000)} such as 2h or 1d12h`
    ctx.addIssue({ code: 'custom', message, input: text })
    return z.NEVER
  }),
  reason: forceSchema.shape.reason,
})
const unforceOptions = z.object(writeOptions)

/** `meridian force up NAME CLUSTER`: edges take it to work, whatever is found out, for a time. */
export const forceUp: Run = (call) => force(call, 'up')

/** `meridian force down NAME CLUSTER`: the other way. */
export const forceDown: Run = (call) => force(call, 'down')

async function force(call: Call, state: ForcedState): Promise<number> {
  const { options, client } = openSession(forceOptions, call)
  const { for: seconds, reason, output, wait } = options
  const title = endpointKind.title(call.args)
  const request: Request = {
    method: 'PUT',
    path: forcePath(call.args),
    query: waitQuery({ wait }),
    body: { state, seconds, reason },
    deadlineMs: WAIT_DEADLINE_MS,
  }
  const answer = await withProgress(call.io, `writing ${title}`, client.expect(request))
  const what = `is forced ${state} for ${formatDuration(seconds * 1000)}`
  const place = `(version ${answer.version ?? 'unknown'}${servedBy(answer)})`
  call.io.out(output === 'json' ? renderJson(answer.body) : `${title} ${what} ${place}\n`)
  return exitOfWait(call.io, answer)
}

/** `meridian unforce NAME CLUSTER`: edges go by what is found out again. */
export async function unforceEndpoint(call: Call): Promise<number> {
  const { options, client } = openSession(unforceOptions, call)
  const title = endpointKind.title(call.args)
  const request: Request = {
    method: 'DELETE',
    path: forcePath(call.args),
    query: waitQuery(options),
    deadlineMs: WAIT_DEADLINE_MS,
  }
  const answer = await withProgress(call.io, `writing ${title}`, client.expect(request))
  const place = `(version ${answer.version ?? 'unknown'}${servedBy(answer)})`
  call.io.out(
    options.output === 'json'
      ? renderJson({ unforced: title, version: Number(answer.version) })
      : `${title} is not forced ${place}\n`,
  )
  return exitOfWait(call.io, answer)
}

function forcePath(args: readonly string[]): string {
  const name = nameOperand(operand(args, 0))
  return pathOf('apps', name, 'endpoints', idOperand(operand(args, 1)), 'force')
}
