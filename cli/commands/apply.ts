import { z } from 'zod'
import { formatBytes } from '../../shared/config/bounded-read.ts'
import { BODY_MAX_BYTES } from '../../shared/registry/limits.ts'
import type { Call } from '../call.ts'
import type { Request } from '../client.ts'
import { diffEntrySchema, renderDiff } from '../diff.ts'
import { usageError } from '../failure.ts'
import { readManifests } from '../manifest.ts'
import { globalOptions, refuse } from '../options.ts'
import { renderJson } from '../output.ts'
import { withProgress } from '../progress.ts'
import { openSession } from '../session.ts'
import { exitOfWait, servedBy, waitQuery } from './written.ts'

/** A manifest of a whole mesh takes central a while to check, write and send out. */
const APPLY_DEADLINE_MS = 120_000

const applyOptions = z.object({
  ...globalOptions,
  file: z.array(z.string()).min(1),
  dryRun: z.boolean().default(false),
  prune: z.boolean().default(false),
  confirm: z.boolean().default(false),
  wait: z.boolean().default(false),
})

const changesSchema = z.object({
  version: z.int(),
  changed: z.int(),
  diff: z.array(diffEntrySchema),
  dryRun: z.boolean().default(false),
  guarded: z.string().optional(),
})

/** `meridian apply -f FILE`: checks manifests here, then sends them as one change. */
export async function apply(call: Call): Promise<number> {
  const { options, client } = openSession(applyOptions, call)
  const read = await readManifests(options.file, call.io.stdin)
  if (!read.ok) return refuse(call.io, read.mistakes)
  const size = Buffer.byteLength(JSON.stringify(read.body))
  if (size > BODY_MAX_BYTES) {
    throw usageError(
      `the manifests are ${size} bytes, at most ${formatBytes(BODY_MAX_BYTES)} go in one change`,
    )
  }
  const request: Request = {
    method: 'POST',
    path: '/v1/changes',
    query: {
      dryRun: options.dryRun ? 'true' : undefined,
      prune: options.prune ? 'true' : undefined,
      confirm: options.confirm ? 'true' : undefined,
      // A dry run changes nothing that an edge could serve.
      ...waitQuery({ wait: options.wait && !options.dryRun }),
    },
    body: read.body,
    deadlineMs: APPLY_DEADLINE_MS,
  }
  const answer = await withProgress(call.io, 'applying', client.expect(request))
  const changes = client.read(changesSchema, request, answer)
  if (options.output === 'json') call.io.out(renderJson(answer.body))
  else call.io.out(`${renderDiff(changes.diff)}${summary(changes)}${servedBy(answer)}\n`)
  return exitOfWait(call.io, answer)
}

function summary({ version, changed, dryRun, guarded }: z.output<typeof changesSchema>): string {
  if (changed === 0) return `no change (version ${version})`
  const refused = guarded === undefined ? '' : `; refused without --confirm: ${guarded}`
  return dryRun
    ? `would change ${changed} (version ${version} stays)${refused}`
    : `changed ${changed} (version ${version})`
}
