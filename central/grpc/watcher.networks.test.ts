import { describe, expect, it } from 'vitest'
import { Mesh, putNetwork } from './watcher.fixture.ts'

describe('networks', () => {
  it.each(['on-demand', 'full'] as const)('are told to every edge: %s', (replica) => {
    const mesh = new Mesh(replica)
    mesh.write(putNetwork('office', '192.0.2.0/24'), putNetwork('lab', '198.51.100.0/24'))
    mesh.watcher.begin(undefined)
    mesh.settle()
    expect([...mesh.networks.keys()]).toEqual(['office', 'lab'])
    mesh.write(putNetwork('office', '203.0.113.0/24'), { type: 'network-deleted', id: 'lab' })
    mesh.settle()
    expect([...mesh.networks]).toEqual([['office', '203.0.113.0/24']])
  })

  it('come in parts that end at 2,000 prefixes, and writes between them are in the sum', () => {
    const mesh = new Mesh('full')
    const prefixes = (of: number): string[] =>
      Array.from({ length: 900 }, (_, i) => `2001:db8:${of}::${i.toString(16)}/128`)
    const networks = Array.from({ length: 7 }, (_, i) => putNetwork(`n${i}`, ...prefixes(i)))
    mesh.write(...networks)
    mesh.room = 1
    mesh.watcher.begin(undefined)
    mesh.write({ type: 'network-deleted', id: 'n0' }, putNetwork('n6', '192.0.2.0/24'))
    const sizes: number[] = []
    mesh.room = Infinity
    mesh.watcher.pump()
    for (const { part } of mesh.sent) sizes.push(part?.change?.networks?.length ?? 0)
    expect(sizes).toEqual([3, 3, 1, 1])
    mesh.settle()
    expect([...mesh.networks.keys()].sort()).toEqual(['n1', 'n2', 'n3', 'n4', 'n5', 'n6'])
    expect(mesh.networks.get('n6')).toBe('192.0.2.0/24')
  })
})
