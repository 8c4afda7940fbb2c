import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { createLogger } from '../../shared/log.ts'
import { createMemoryLog } from '../log/memory-log.ts'
import { machine, TestMesh, vm1, vm2 } from '../model/machines.fixture.ts'
import { isMaintained } from '../model/maintenance.ts'
import { stateHash } from '../model/state-hash.ts'
import { Registry } from './registry.ts'
import { RegistrySnapshot } from './snapshot.ts'

it('keeps machines, those that are out too, what is there for them, and maintenance', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'meridian-snapshot-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const { state } = new TestMesh()
  const log = createMemoryLog()
  const clock = new ManualClock()
  const by = { actor: 'test', cause: 'test' }
  const registry = new Registry({ log, clock })
  const terminateUrl = 'http://end.example/'
  const result = await registry.submit({
    plan: () => [
      ...Array.from(
        state.zones.values(),
        ({ value }) => ({ type: 'put-zone', zone: value }) as const,
      ),
      ...Array.from(state.apps.values(), ({ value }) => ({ type: 'put-app', app: value }) as const),
      ...Array.from(
        state.clusters.values(),
        ({ value }) => ({ type: 'put-cluster', cluster: value }) as const,
      ),
      { type: 'register-machine', machine: machine(vm1, '192.0.2.1') },
      { type: 'register-machine', machine: machine(vm2, '192.0.2.2', { terminateUrl }) },
      { type: 'withdraw-machine', ...vm2, why: 'lease-expired', version: 1 },
      {
        type: 'put-maintenance',
        window: {
          id: 'disks',
          cluster: 'sfo',
          fromEpoch: 1,
          untilEpoch: 9,
          state: 'disabled',
          reason: 'why',
          actor: 'ops',
        },
        nowEpoch: 5,
      },
    ],
    ...by,
  })
  expect(result).toMatchObject({ ok: true, version: 1 })
  const options = { everyChanges: 1, logger: createLogger('silent', {}) }
  const file = join(folder, 'state.snapshot')
  await new RegistrySnapshot({ file, ...options }).write(registry)
  const read = await new RegistrySnapshot({ file, ...options }).read(log)
  if (read === undefined) throw new TypeError('the snapshot was refused')
  expect(stateHash(read.state)).toBe(stateHash(registry.state))
  expect(read.state.machineCount.get('all')).toBe(2)
  expect(isMaintained(read.state, 'sfo')).toBe(true)
  expect(read.state.machines.get('video.example. sfo')?.get('vm-2')?.out).toBe('lease-expired')
})
