import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createMemoryLog } from '../../central/log/memory-log.ts'
import { Watcher } from '../../central/grpc/watcher.ts'
import type { Command } from '../../central/model/decide.ts'
import type { ConnectedEdge } from '../../central/registry/edges.ts'
import { History } from '../../central/registry/history.ts'
import { Registry } from '../../central/registry/registry.ts'
import { checkChange } from '../../edge/replica/check.ts'
import type { ReplicaMetrics, SnapshotResult } from '../../edge/replica/metrics.ts'
import { Replica, replicaKinds } from '../../edge/replica/replica.ts'
import type { ReplicaKind } from '../../edge/replica/replica.ts'
import { ReplicaSnapshot } from '../../edge/replica/snapshot.ts'
import { ManualClock } from '../../shared/clock.ts'
import { createLogger } from '../../shared/log.ts'
import { networkSchema } from '../../shared/registry/network-schema.ts'
import { clusterSchema } from '../../shared/registry/schema.ts'
import { writeSnapshotFile } from '../../shared/snapshot-file.ts'
import type { WatchResponse } from '../../shared/rpc/generated/meridian/v1/WatchResponse.ts'
import { loadProto } from '../../shared/rpc/proto.ts'

const { Watch } = loadProto().meridian.v1.Sync.service
const logger = createLogger('silent', {})
const sfo = clusterSchema.parse({ id: 'sfo', latitude: 1, longitude: 2 })

let dataDir: string
beforeEach(() => void (dataDir = mkdtempSync(join(tmpdir(), 'meridian-networks-'))))
afterEach(() => rmSync(dataDir, { recursive: true }))

function createReplica(kind: ReplicaKind): Replica {
  const clock = new ManualClock()
  return new Replica({
    kind,
    own: sfo,
    clusters: [],
    namesMax: 10,
    clock,
    onEvict: () => undefined,
  })
}

/** A registry, and the replica of an edge that is told of it octet by octet, but by no socket. */
class Mesh {
  readonly registry = new Registry({ log: createMemoryLog(), clock: new ManualClock() })
  readonly #history = new History(0)
  readonly replica: Replica
  readonly #watcher: Watcher
  readonly #sent: Buffer[] = []

  constructor(kind: ReplicaKind, options: { readonly fromStart: boolean }) {
    this.replica = createReplica(kind)
    this.registry.onChange((touched) => this.#history.push(touched))
    const edge: ConnectedEdge = {
      session: 's',
      id: 'sfo',
      cluster: 'sfo',
      replica: kind,
      adminUrl: '',
      software: '',
      remote: '',
      connectedEpoch: 0,
      ackVersion: 0,
      sentVersion: 0,
      names: 0,
    }
    this.#watcher = new Watcher({
      clock: new ManualClock(),
      source: this.registry,
      history: this.#history,
      edge,
      namesMax: 10,
      hasRoom: () => true,
      send: (message: WatchResponse) => {
        this.#sent.push(Watch.responseSerialize(message))
        return true
      },
    })
    if (options.fromStart) this.#watcher.begin(undefined)
  }

  async write(...commands: readonly Command[]): Promise<void> {
    await this.registry.submit({ plan: () => commands, actor: 'test', cause: 'test' })
  }

  /** The edge takes the full state, or what has changed since it was told last. */
  settle(): void {
    if (this.#watcher.isReady) this.#watcher.pump()
    else this.#watcher.begin(undefined)
    for (const octets of this.#sent.splice(0)) {
      const { part, change } = Watch.responseDeserialize(octets)
      if (part?.change) {
        const { first, last } = part
        this.replica.applyPart({ first, last, change: checkChange(part.change) }, 'log')
      } else if (change) this.replica.applyChange(checkChange(change))
      this.#watcher.acked(this.replica.tables.version)
    }
  }

  /** Networks by id as central has them. */
  get wanted(): ReadonlyMap<string, object> {
    const { networks } = this.registry.state
    return new Map([...networks.values()].map(({ value }) => [value.id, value]))
  }
}

const where = fc.oneof(
  fc.constant({ cluster: 'sfo' }),
  fc.record({
    latitude: fc.double({ min: -90, max: 90, noNaN: true }),
    longitude: fc.integer({ min: -180, max: 180 }),
  }),
)
const prefixes = fc.subarray(['192.0.2.0/24', '198.51.100.0/25', '::/0', '2001:db8::/33'], {
  minLength: 1,
})
const said = fc.record(
  {
    country: fc.constantFrom('US', 'GB'),
    region: fc.constant('US-CA'),
    continent: fc.constantFrom('EU', 'NA'),
    asn: fc.integer({ min: 1, max: 4_294_967_295 }),
  },
  { requiredKeys: [] },
)
const id = fc.constantFrom('office', 'lab', 'vpn')
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.tuple(id, prefixes, where, said).map(([id, prefixes, where, said]) => ({
    type: 'put-network' as const,
    network: networkSchema.parse({ id, prefixes, ...where, ...said }),
  })),
  id.map((id) => ({ type: 'delete-network' as const, id })),
)
const step = fc.oneof(
  { weight: 3, arbitrary: command },
  { weight: 1, arbitrary: fc.constant('read') },
)

it.each(replicaKinds)('an edge has the networks that central has: %s', async (kind) => {
  await fc.assert(
    fc.asyncProperty(fc.boolean(), fc.array(step, { maxLength: 20 }), async (fromStart, steps) => {
      const mesh = new Mesh(kind, { fromStart })
      await mesh.write({ type: 'put-cluster', cluster: sfo })
      for (const one of steps) {
        if (typeof one === 'string') mesh.settle()
        else await mesh.write(one)
      }
      mesh.settle()
      expect(mesh.replica.tables.networks).toEqual(mesh.wanted)
      expect(mesh.replica.tables.version).toBe(mesh.registry.version)
    }),
    { numRuns: 50 },
  )
})

function createSnapshot(replica: Replica): {
  readonly snapshot: ReplicaSnapshot
  readonly results: readonly SnapshotResult[]
} {
  const results: SnapshotResult[] = []
  const nothing = (): void => undefined
  const metrics: ReplicaMetrics = {
    resolved: nothing,
    coalesced: nothing,
    connected: nothing,
    disconnected: nothing,
    rejected: nothing,
    stateReplaced: nothing,
    changed: nothing,
    snapshot: (result) => void results.push(result),
  }
  const snapshot = new ReplicaSnapshot({
    dataDir,
    replica,
    intervalMs: 1,
    clock: new ManualClock(),
    random: () => 0,
    logger,
    metrics: () => metrics,
  })
  return { snapshot, results }
}

it.each(replicaKinds)('an edge that starts anew has them from its snapshot: %s', async (kind) => {
  const mesh = new Mesh(kind, { fromStart: true })
  const { snapshot } = createSnapshot(mesh.replica)
  await snapshot.start()
  const place = { latitude: -33.9, longitude: 151.2, asn: 64_496 }
  const put = (id: string, prefix: string, more: object): Command => ({
    type: 'put-network',
    network: networkSchema.parse({ id, prefixes: [prefix], ...more }),
  })
  await mesh.write(
    { type: 'put-cluster', cluster: sfo },
    put('office', '192.0.2.0/24', { cluster: 'sfo' }),
    put('lab', '198.51.100.0/24', place),
    put('vpn', '2001:db8::/32', place),
  )
  await mesh.write({ type: 'delete-network', id: 'lab' })
  mesh.settle()
  await snapshot.stop()

  const again = createReplica(kind)
  const restarted = createSnapshot(again)
  await restarted.snapshot.start()
  await restarted.snapshot.stop()
  expect(restarted.results).toEqual(['restored'])
  expect([...again.tables.networks.keys()]).toEqual(['office', 'vpn'])
  expect(again.tables.networks).toEqual(mesh.wanted)
})

it.each([
  [5, 'refused'],
  [6, 'restored'],
])(
  'a snapshot of format %i, those below 6 know no static records, is %s',
  async (format, result) => {
    const header = { logId: 'log', version: 1, hash: '', replica: 'full' }
    const file = join(dataDir, 'replica.snapshot')
    const lines = [{ is: 'cluster', cluster: sfo }]
    await writeSnapshotFile(
      file,
      { kind: 'meridian-edge-replica', formatVersion: format, ...header },
      lines,
    )
    const replica = createReplica('full')
    const { snapshot, results } = createSnapshot(replica)
    await snapshot.start()
    await snapshot.stop()
    expect([results, replica.hasState]).toEqual([[result], result === 'restored'])
  },
)
