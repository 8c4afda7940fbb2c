import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { createLogger } from '../../shared/log.ts'
import { createMemoryLog } from '../log/memory-log.ts'
import { DEAD_LETTERS_MAX } from '../model/sources.ts'
import { stateHash } from '../model/state-hash.ts'
import { Registry } from './registry.ts'
import { RegistrySnapshot } from './snapshot.ts'

it('a snapshot keeps positions of sources and dead letters, and how many there were', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'meridian-snapshot-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const log = createMemoryLog()
  const registry = new Registry({ log, clock: new ManualClock() })
  const place = { source: 'dns', topic: 'records', partition: 0 }
  const what = { key: 'www.example.|A', reason: 'value-invalid', detail: 'why', atEpoch: 1 }
  const count = DEAD_LETTERS_MAX + 2
  await registry.submit({
    plan: () => [
      ...Array.from(
        { length: count },
        (_, offset) =>
          ({ type: 'refuse-message', message: { ...place, ...what, offset } }) as const,
      ),
      {
        type: 'move-source',
        position: { ...place, topicId: 'id', next: count },
        from: undefined,
      },
    ],
    actor: 'source:dns',
    cause: 'records/0/0-1',
  })
  const options = { everyChanges: 1, logger: createLogger('silent', {}) }
  const file = join(folder, 'state.snapshot')
  await new RegistrySnapshot({ file, ...options }).write(registry)
  const read = await new RegistrySnapshot({ file, ...options }).read(log)
  if (read === undefined) throw new TypeError('the snapshot was refused')
  expect(stateHash(read.state)).toBe(stateHash(registry.state))
  expect(read.state.refusedCount.get('all')).toBe(count)
})
