import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { createLogger } from '../../shared/log.ts'
import { networkSchema } from '../../shared/registry/network-schema.ts'
import { clusterSchema } from '../../shared/registry/schema.ts'
import { createMemoryLog } from '../log/memory-log.ts'
import type { Command } from '../model/decide.ts'
import { stateHash } from '../model/state-hash.ts'
import { History } from './history.ts'
import { Registry } from './registry.ts'
import { RegistrySnapshot } from './snapshot.ts'

const by = { actor: 'test', cause: 'test' }
const sfo: Command = {
  type: 'put-cluster',
  cluster: clusterSchema.parse({ id: 'sfo', latitude: 1, longitude: 2 }),
}
const office = {
  type: 'put-network' as const,
  network: networkSchema.parse({ id: 'office', prefixes: ['192.0.2.0/24'], cluster: 'sfo' }),
}
const lab = {
  type: 'put-network' as const,
  network: networkSchema.parse({ id: 'lab', prefixes: ['2001:db8::/32'], cluster: 'sfo' }),
}
const noLab: Command = { type: 'delete-network', id: 'lab' }

function createRegistry() {
  const log = createMemoryLog()
  const registry = new Registry({ log, clock: new ManualClock() })
  const write = (...commands: readonly Command[]) =>
    registry.submit({ plan: () => commands, ...by })
  return { log, registry, write }
}

it('the history tells which networks came, changed or went', async () => {
  const { registry, write } = createRegistry()
  const history = new History(0)
  registry.onChange((touched) => history.push(touched))
  await write(sfo, office)
  await write(lab)
  await write(noLab)
  expect([...(history.since(0)?.networks ?? [])]).toEqual(['office', 'lab'])
  expect([...(history.since(2)?.networks ?? [])]).toEqual(['lab'])
  expect(history.since(3)?.networks.size).toBe(0)
})

it('a change set shows what it does to networks', async () => {
  const { write } = createRegistry()
  await write(sfo, lab)
  const moved = { ...lab.network, country: 'GB' }
  expect(await write(office, { type: 'put-network', network: moved })).toMatchObject({
    ok: true,
    diff: [
      { action: 'create', kind: 'network', id: 'office', after: office.network },
      { action: 'change', kind: 'network', id: 'lab', before: lab.network, after: moved },
    ],
  })
  expect(await write(noLab)).toMatchObject({
    diff: [{ action: 'delete', kind: 'network', id: 'lab', before: moved }],
  })
})

it('the snapshot keeps networks, and what is derived of them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'meridian-snapshot-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const { log, registry, write } = createRegistry()
  await write(sfo, office, lab)
  const options = { everyChanges: 1, logger: createLogger('silent', {}) }
  const file = join(folder, 'state.snapshot')
  await new RegistrySnapshot({ file, ...options }).write(registry)
  const read = await new RegistrySnapshot({ file, ...options }).read(log)
  if (read === undefined) throw new TypeError('the snapshot was refused')
  expect(stateHash(read.state)).toBe(stateHash(registry.state))
  expect(read.state.prefixes.get('2001:db8::/32')).toBe('lab')
  expect(read.state.clusterNetworks.get('sfo')).toBe(2)
})
