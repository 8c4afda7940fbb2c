import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { packageRoot } from './package-root.ts'

/** Returns name and version of this software, such as `meridian/0.1.0`. */
export function softwareName(): string {
  const file = readFileSync(join(packageRoot(), 'package.json'), 'utf8')
  const { name, version } = z
    .object({ name: z.string(), version: z.string() })
    .parse(JSON.parse(file))
  return `${name}/${version}`
}
