import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { readBounded } from '../shared/config/bounded-read.ts'
import { checkDocument } from '../shared/config/check.ts'
import { parseYamlDocument } from '../shared/config/document.ts'
import { formatMistake } from '../shared/config/mistakes.ts'
import { MeridianError } from '../shared/errors.ts'

/** The size of a dev state file: a few edges on one machine. */
const DEV_STATE_MAX_BYTES = 64 * 1024

const devStateSchema = z.object({
  url: z.url({ protocol: /^https?$/ }),
  token: z.string().min(1),
  pid: z.int().optional(),
  edges: z.array(
    z.object({ id: z.string(), adminUrl: z.url({ protocol: /^https?$/ }), dns: z.string() }),
  ),
})

/** What `meridian dev` leaves for the other commands. */
export type DevState = Readonly<z.output<typeof devStateSchema>>

export interface FoundDevState {
  readonly file: string
  readonly state: DevState
}

/** Finds `.meridian/dev.json` in `folder` or above it. Throws when it is there and makes no sense. */
export function findDevState(folder: string): FoundDevState | undefined {
  let dir = resolve(folder)
  for (;;) {
    const file = join(dir, '.meridian', 'dev.json')
    if (existsSync(file)) return { file, state: readDevState(file) }
    if (dirname(dir) === dir) return undefined
    dir = dirname(dir)
  }
}

function readDevState(file: string): DevState {
  const read = readBounded(file, DEV_STATE_MAX_BYTES)
  if (!read.ok) throw new MeridianError('MERIDIAN_CONFIG_UNREADABLE', `${file} ${read.wanted}`)
  const parsed = parseYamlDocument(file, read.text)
  const checked = parsed.ok ? checkDocument(devStateSchema, parsed.document) : parsed
  if (checked.ok) return checked.value
  const lines = checked.mistakes.map(formatMistake)
  throw new MeridianError('MERIDIAN_CONFIG_INVALID', lines.join('\n'))
}
