import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { z } from 'zod'

it('lets another thread on the same core go first', () => {
  const fixture = join(import.meta.dirname, 'give-way-fixture.ts')
  const said = execFileSync('taskset', ['-c', firstCpu(), process.execPath, fixture], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  const { giving, keeping } = z
    .object({ giving: z.int(), keeping: z.int() })
    .parse(JSON.parse(said))
  // Not each time: one that has had more than its share of the core is not let in.
  expect(giving).toBeGreaterThan(10 + 4 * keeping)
})

/** The first core that this process may run on. */
function firstCpu(): string {
  const list = execFileSync('taskset', ['-cp', String(process.pid)], { encoding: 'utf8' })
  const first = /: (\d+)/.exec(list)?.[1]
  if (first === undefined) throw new Error(`taskset says ${list}`)
  return first
}
