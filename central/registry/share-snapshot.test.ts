import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { createLogger } from '../../shared/log.ts'
import { commandsOf, manifest } from '../health/keeper.fixture.ts'
import { createMemoryLog } from '../log/memory-log.ts'
import { loadOf, withheldPercentOf } from '../model/shares.ts'
import { stateHash } from '../model/state-hash.ts'
import { Registry } from './registry.ts'
import { RegistrySnapshot } from './snapshot.ts'

it('keeps loads and what is withheld of endpoints and regions', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'meridian-snapshot-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const log = createMemoryLog()
  const registry = new Registry({ log, clock: new ManualClock() })
  const app = 'video.example.'
  const result = await registry.submit({
    plan: () => [
      ...commandsOf(manifest),
      { type: 'put-load', load: { app, cluster: 'sfo', load: 85 } },
      { type: 'put-withheld', withheld: { app, cluster: 'ewr', percent: 40, sinceEpoch: 5 } },
      {
        type: 'put-region-withheld',
        withheld: { app, region: 'east', percent: 20, sinceEpoch: 6 },
      },
    ],
    actor: 'test',
    cause: 'test',
  })
  expect(result).toMatchObject({ ok: true, version: 1 })
  const options = { everyChanges: 1, logger: createLogger('silent', {}) }
  const file = join(folder, 'state.snapshot')
  await new RegistrySnapshot({ file, ...options }).write(registry)
  const read = await new RegistrySnapshot({ file, ...options }).read(log)
  if (read === undefined) throw new TypeError('the snapshot was refused')
  expect(stateHash(read.state)).toBe(stateHash(registry.state))
  expect(loadOf(read.state, app, 'sfo')).toBe(85)
  expect(withheldPercentOf(read.state, app, 'ewr')).toBe(40)
  expect(read.state.regions.get(app)?.get('east')?.percent).toBe(20)
})
