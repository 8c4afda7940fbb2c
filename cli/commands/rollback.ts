import { z } from 'zod'
import { EXIT_FAILED, EXIT_OK } from '../../shared/exit.ts'
import type { Call, Io } from '../call.ts'
import type { Request } from '../client.ts'
import { diffEntrySchema, renderDiff } from '../diff.ts'
import { timeText } from '../event-words.ts'
import { nameOperand } from '../keys.ts'
import { globalOptions } from '../options.ts'
import { renderJson } from '../output.ts'
import { withProgress } from '../progress.ts'
import { openSession } from '../session.ts'
import { exitOfWait, servedBy, waitQuery } from './written.ts'

/** Central folds its log first, and a large change takes it a while. */
const ROLLBACK_DEADLINE_MS = 120_000

const namesOption = z.array(z.string().transform(nameOperand)).optional()

const rollbackOptions = z.object({
  ...globalOptions,
  to: z.string(),
  zone: namesOption,
  app: namesOption,
  dryRun: z.boolean().default(false),
  confirm: z.boolean().default(false),
  yes: z.boolean().default(false),
  wait: z.boolean().default(false),
})

const resultSchema = z.object({
  version: z.int(),
  to: z.int(),
  toEpoch: z.number(),
  changed: z.int(),
  diff: z.array(diffEntrySchema),
  tag: z.string(),
  guarded: z.string().optional(),
})

/** `meridian rollback`: shows what would be changed, asks, and changes exactly that. */
export async function rollBack(call: Call): Promise<number> {
  const { options, client } = openSession(rollbackOptions, call)
  const { io } = call
  const isJson = options.output === 'json'
  const request = (more: object, query: Request['query'] = {}): Request => ({
    method: 'POST',
    path: '/v1/rollbacks',
    query: { ...query, confirm: options.confirm ? 'true' : undefined },
    body: {
      to: options.to,
      ...(options.zone === undefined ? {} : { zones: options.zone }),
      ...(options.app === undefined ? {} : { apps: options.app }),
      ...more,
    },
    deadlineMs: ROLLBACK_DEADLINE_MS,
  })
  const trial = request({ dryRun: true })
  const shown = await withProgress(io, 'looking at the past', client.expect(trial))
  const plan = client.read(resultSchema, trial, shown)
  const moment = `version ${plan.to} of ${timeText(plan.toEpoch)}`
  if (!isJson) io.out(renderDiff(plan.diff))
  if (options.dryRun || plan.changed === 0) {
    const summary = plan.changed === 0 ? 'no change' : `would change ${plan.changed}`
    const why = plan.guarded === undefined ? '' : `; refused without --confirm: ${plan.guarded}`
    io.out(isJson ? renderJson(shown.body) : `${summary}, all as at ${moment}${why}\n`)
    return EXIT_OK
  }
  if (plan.guarded !== undefined && !options.confirm) {
    io.err(`error: nothing was changed; --confirm is wanted: ${plan.guarded}\n`)
    return EXIT_FAILED
  }
  if (!options.yes && !(await isConfirmed(io, `change ${plan.changed}, back to ${moment}?`))) {
    io.err('error: nothing was changed; y, or --yes, is wanted\n')
    return EXIT_FAILED
  }
  const write = request({ expect: plan.tag }, waitQuery(options))
  const answer = await withProgress(io, 'rolling back', client.expect(write))
  const { version, changed } = client.read(resultSchema, write, answer)
  const summary = `changed ${changed}, back to ${moment} (version ${version}${servedBy(answer)})\n`
  io.out(isJson ? renderJson(answer.body) : summary)
  return exitOfWait(io, answer)
}

/** Asks on stderr, reads a line from stdin. */
async function isConfirmed(io: Io, question: string): Promise<boolean> {
  io.err(`${question} [y/N] `)
  for await (const chunk of io.stdin) {
    return /^y(es)?\s*$/i.test(String(chunk).split('\n')[0] ?? '')
  }
  return false
}
