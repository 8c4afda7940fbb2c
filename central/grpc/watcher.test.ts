import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { appSchema, clusterSchema, zoneSchema } from '../../shared/registry/schema.ts'
import type { RegistryEvent } from '../model/events.ts'
import type { ConnectedEdge } from '../registry/edges.ts'
import { Mesh, putNetwork } from './watcher.fixture.ts'

const zone: RegistryEvent = {
  type: 'zone-put',
  zone: zoneSchema.parse({ apex: 'example', ns: ['ns.example'] }),
}
const putApp = (name: string): RegistryEvent => ({
  type: 'app-put',
  app: appSchema.parse({ name }),
})
const deleteApp = (name: string): RegistryEvent => ({ type: 'app-deleted', name })
const putCluster = (id: string): RegistryEvent => ({
  type: 'cluster-put',
  cluster: clusterSchema.parse({ id, latitude: 0, longitude: 0 }),
})

describe('on demand', () => {
  it('tells only of names that were asked for', () => {
    const mesh = new Mesh('on-demand')
    mesh.write(zone, putApp('a.example'), putApp('b.example'))
    mesh.watcher.ask('a.example.', 1)
    mesh.watcher.begin(undefined)
    mesh.settle()
    expect([...mesh.held]).toEqual([['a.example.', 'APP']])
    mesh.write(deleteApp('a.example.'), deleteApp('b.example.'))
    mesh.settle()
    expect([...mesh.held]).toEqual([['a.example.', 'NXDOMAIN']])
  })

  it('tells that a name that did not exist came into being, or got something below it', () => {
    const mesh = new Mesh('on-demand')
    mesh.write(zone)
    mesh.watcher.begin(0)
    mesh.settle()
    mesh.watcher.watch('new.example.', 1)
    mesh.watcher.watch('above.example.', 2)
    mesh.write(putApp('new.example'), putApp('deep.above.example'))
    mesh.settle()
    expect(Object.fromEntries(mesh.held)).toEqual({
      'new.example.': 'APP',
      'above.example.': 'NODATA',
    })
  })

  it('a name that is asked for is told though nothing touched it', () => {
    const mesh = new Mesh('on-demand')
    mesh.write(zone, putApp('a.example'))
    mesh.watcher.begin(1)
    mesh.settle()
    expect(mesh.held.size).toBe(0)
    mesh.watcher.ask('a.example.', 1)
    mesh.settle()
    expect(mesh.held.get('a.example.')).toBe('APP')
  })

  it('a removal that was overtaken by a new question does not remove', () => {
    const mesh = new Mesh('on-demand')
    mesh.write(zone)
    mesh.watcher.begin(1)
    mesh.watcher.watch('a.example.', 5)
    mesh.watcher.unwatch('a.example.', 4)
    mesh.write(putApp('a.example'))
    mesh.settle()
    expect(mesh.held.get('a.example.')).toBe('APP')
    mesh.watcher.unwatch('a.example.', 6)
    mesh.write(deleteApp('a.example.'))
    mesh.settle()
    expect(mesh.held.get('a.example.')).toBe('APP')
    expect(mesh.edge.names).toBe(0)
  })

  it('hears of no more names than the bound', () => {
    const mesh = new Mesh('on-demand', 2)
    mesh.write(zone)
    expect(mesh.watcher.watch('a.example.', 1)).toBe(true)
    expect(mesh.watcher.watch('b.example.', 2)).toBe(true)
    expect(mesh.watcher.watch('c.example.', 3)).toBe(false)
    expect(mesh.watcher.watch('a.example.', 4)).toBe(true)
  })
})

describe('flow', () => {
  it('sends no more than four changes that are not acknowledged, then one for all the rest', () => {
    const mesh = new Mesh('full')
    mesh.write(zone)
    mesh.watcher.begin(1)
    for (let i = 0; i < 50; i++) {
      mesh.write(putApp(`a${i}.example`))
      mesh.watcher.pump()
    }
    expect(mesh.sent.length).toBe(4)
    mesh.read()
    expect(mesh.sent.length).toBe(1)
    mesh.read()
    expect([...mesh.held.values()].filter((kind) => kind === 'APP').length).toBe(50)
    expect(mesh.edgeVersion).toBe(51)
  })

  it('stops when the stream is full and goes on when it drains', () => {
    const mesh = new Mesh('full')
    mesh.write(zone, ...Array.from({ length: 5000 }, (_, i) => putApp(`a${i}.example`)))
    mesh.room = 2
    mesh.watcher.begin(undefined)
    expect(mesh.sent.length).toBe(2)
    mesh.settle()
    expect(mesh.held.size).toBe(5000)
  })

  it('what is written while a full state is under way is in it', () => {
    const mesh = new Mesh('full')
    mesh.write(
      zone,
      putCluster('old'),
      ...Array.from({ length: 2500 }, (_, i) => putApp(`a${i}.example`)),
    )
    mesh.room = 1
    mesh.watcher.begin(undefined)
    mesh.write({ type: 'cluster-deleted', id: 'old' }, putCluster('new'), deleteApp('a0.example.'))
    mesh.settle()
    expect([...mesh.clusters]).toEqual(['new'])
    expect(mesh.held.get('a0.example.')).toBe('NXDOMAIN')
    expect(mesh.edgeVersion).toBe(2)
  })
})

it('whatever is written and however the stream stalls, the edge ends at the state of central', () => {
  const step = fc.oneof(
    fc.nat(9).map((i) => ({ put: `n${i}.example` })),
    fc.nat(9).map((i) => ({ drop: `n${i}.example.` })),
    fc.nat(3).map((i) => ({ cluster: `c${i}` })),
    fc.nat(3).map((i) => ({ noCluster: `c${i}` })),
    fc.tuple(fc.nat(3), fc.nat(9)).map(([i, octet]) => ({ network: `n${i}`, octet })),
    fc.nat(3).map((i) => ({ noNetwork: `n${i}` })),
    fc.nat(9).map((i) => ({ ask: `n${i}.example.` })),
    fc.nat(3).map((room) => ({ room })),
    fc.constant({ read: true }),
  )
  fc.assert(
    fc.property(
      fc.constantFrom<ConnectedEdge['replica']>('on-demand', 'full'),
      fc.boolean(),
      fc.array(step, { maxLength: 80 }),
      (replica, fromStart, steps) => {
        const mesh = new Mesh(replica)
        mesh.write(zone)
        mesh.watcher.begin(fromStart ? 0 : undefined)
        const asked = new Set<string>()
        let sequence = 0
        for (const one of steps) {
          if ('put' in one) mesh.write(putApp(one.put))
          else if ('drop' in one) mesh.write(deleteApp(one.drop))
          else if ('cluster' in one) mesh.write(putCluster(one.cluster))
          else if ('noCluster' in one) mesh.write({ type: 'cluster-deleted', id: one.noCluster })
          else if ('network' in one) {
            mesh.write(putNetwork(one.network, `192.0.2.${one.octet}/32`))
          } else if ('noNetwork' in one) {
            mesh.write({ type: 'network-deleted', id: one.noNetwork })
          } else if ('ask' in one) {
            asked.add(one.ask)
            mesh.watcher.ask(one.ask, ++sequence)
          } else if ('room' in one) {
            mesh.room = one.room
            mesh.watcher.pump()
          } else mesh.read()
        }
        mesh.settle()
        expect(mesh.edgeVersion).toBe(mesh.version)
        expect([...mesh.clusters].sort()).toEqual([...mesh.state.clusters.keys()].sort())
        const networks = [...mesh.state.networks.values()].map(({ value }) => value)
        expect(mesh.networks).toEqual(
          new Map(networks.map(({ id, prefixes }) => [id, prefixes[0]])),
        )
        const names = replica === 'full' ? [...mesh.state.apps.keys()] : [...asked]
        for (const name of names) {
          expect(mesh.held.get(name)).toBe(mesh.state.apps.has(name) ? 'APP' : 'NXDOMAIN')
        }
        if (replica === 'full') {
          const apps = [...mesh.held].filter(([, kind]) => kind === 'APP').map(([name]) => name)
          expect(apps.sort()).toEqual([...mesh.state.apps.keys()].sort())
        }
      },
    ),
  )
})
