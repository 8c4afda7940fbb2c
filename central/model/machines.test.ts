import { describe, expect, it } from 'vitest'
import { MACHINES_MAX } from '../../shared/registry/limits.ts'
import type { Command } from './decide.ts'
import { machine, TestMesh, vm1, vm2 } from './machines.fixture.ts'

const typesOf = (events: ReturnType<TestMesh['put']>): unknown =>
  typeof events === 'string' ? events : events.map(({ type }) => type)

const withdraw = (version: number, at = vm1): Command => ({
  type: 'withdraw-machine',
  ...at,
  why: 'lease-expired',
  version,
})
const end = (version: number, at = vm1): Command => ({
  type: 'end-machine',
  ...at,
  version,
  termination: { ok: false, detail: '500', attempts: 3 },
})
const leave = (at = vm1): Command => ({ type: 'unregister-machine', ...at })
const endUrl = { terminateUrl: 'http://end.example/' }

describe('a machine that registers', () => {
  it('makes the endpoint, which goes with the last machine', () => {
    const mesh = new TestMesh()
    expect(typesOf(mesh.register(machine(vm1, '192.0.2.1')))).toEqual([
      'endpoint-put',
      'machine-registered',
    ])
    expect(typesOf(mesh.register(machine(vm2, '192.0.2.2')))).toEqual(['machine-registered'])
    expect(mesh.told()).toBe('192.0.2.1 192.0.2.2')
    expect(typesOf(mesh.put(leave()))).toEqual(['machine-unregistered'])
    expect(mesh.told()).toBe('192.0.2.2')
    expect(typesOf(mesh.put(leave(vm2)))).toEqual(['machine-unregistered', 'endpoint-deleted'])
    expect(mesh.state.apps.get('video.example.')?.endpoints.size).toBe(0)
    expect(mesh.state.clusterUse.get('sfo')).toBe(undefined)
  })

  it('costs no event when it says nothing new, and one when it does', () => {
    const mesh = new TestMesh()
    mesh.register(machine(vm1, '192.0.2.1'))
    expect(mesh.register(machine(vm1, '192.0.2.1'))).toEqual([])
    expect(typesOf(mesh.register(machine(vm1, '192.0.2.9')))).toEqual(['machine-registered'])
    expect(mesh.told()).toBe('192.0.2.9')
  })

  it('adds to what an operator has put, which stays when it leaves', () => {
    const mesh = new TestMesh()
    mesh.putEndpoint('sfo', ['192.0.2.100'])
    mesh.register(machine(vm1, '192.0.2.1'))
    expect(mesh.told()).toBe('192.0.2.100 192.0.2.1')
    mesh.put(leave())
    expect(mesh.told()).toBe('192.0.2.100')
  })

  it('stands in for the addresses of its cluster as long as it is there', () => {
    const mesh = new TestMesh()
    const at = { ...vm1, cluster: 'lhr' }
    mesh.putEndpoint('lhr', [])
    mesh.register(machine(at, '192.0.2.1'))
    expect(mesh.told('lhr')).toBe('192.0.2.1')
    mesh.put(leave(at))
    expect(mesh.told('lhr')).toBe('')
  })

  it('gives the endpoint its port while all machines have the same', () => {
    const mesh = new TestMesh()
    mesh.register(machine(vm1, '192.0.2.1', { port: 8080 }))
    expect(mesh.told()).toBe('192.0.2.1 8080')
    mesh.register(machine(vm2, '192.0.2.2', { port: 9090 }))
    expect(mesh.told()).toBe('192.0.2.1 192.0.2.2')
  })

  it('raises the serial of its zone', () => {
    const mesh = new TestMesh()
    mesh.putEndpoint('sfo', ['192.0.2.100'])
    mesh.register(machine(vm1, '192.0.2.1'))
    expect(mesh.state.zones.get('example.')?.serialVersion).toBe(mesh.version)
  })
})

describe('a machine whose lease ends', () => {
  it('is unregistered at once when nothing can end it', () => {
    const mesh = new TestMesh()
    mesh.register(machine(vm1, '192.0.2.1'))
    expect(typesOf(mesh.put(withdraw(mesh.version)))).toEqual([
      'machine-withdrawn',
      'machine-unregistered',
      'endpoint-deleted',
    ])
  })

  it('is in no answer while it is being ended, and neither is its cluster', () => {
    const mesh = new TestMesh()
    const at = { ...vm1, cluster: 'lhr' }
    mesh.register(machine(at, '192.0.2.1', endUrl))
    expect(typesOf(mesh.put(withdraw(mesh.version, at)))).toEqual(['machine-withdrawn'])
    expect(mesh.told('lhr')).toBe(undefined)
    expect(typesOf(mesh.put(end(mesh.version, at)))).toEqual([
      'machine-terminated',
      'machine-unregistered',
      'endpoint-deleted',
    ])
  })

  it('and registers again is in: what was to be ended is not', () => {
    const mesh = new TestMesh()
    mesh.register(machine(vm1, '192.0.2.1', endUrl))
    mesh.put(withdraw(mesh.version))
    const withdrawnAt = mesh.version
    expect(typesOf(mesh.register(machine(vm1, '192.0.2.1', endUrl)))).toEqual([
      'machine-registered',
    ])
    expect(mesh.put(end(withdrawnAt))).toEqual([])
    expect(mesh.told()).toBe('192.0.2.1')
  })

  it('is not withdrawn when it was registered anew, is out already, or is gone', () => {
    const mesh = new TestMesh()
    mesh.register(machine(vm1, '192.0.2.1', endUrl))
    const first = mesh.version
    mesh.register(machine(vm1, '192.0.2.2', endUrl))
    expect(mesh.put(withdraw(first))).toEqual([])
    mesh.put(withdraw(mesh.version))
    expect(mesh.put(withdraw(mesh.version))).toEqual([])
    mesh.put(leave())
    expect(mesh.put(withdraw(mesh.version))).toEqual([])
    expect(mesh.put(end(mesh.version))).toEqual([])
  })
})

describe('an operator', () => {
  it('takes over an endpoint that machines have made', () => {
    const mesh = new TestMesh()
    mesh.register(machine(vm1, '192.0.2.1'))
    expect(typesOf(mesh.putEndpoint('sfo', []))).toEqual(['endpoint-put'])
    expect(mesh.putEndpoint('sfo', [])).toEqual([])
    mesh.put(leave())
    expect(mesh.told()).toBe('')
    expect(mesh.putEndpoint('sfo', [])).toEqual([])
  })

  it.each([
    [{ type: 'delete-endpoint', app: 'video.example.', cluster: 'sfo' } as const],
    [{ type: 'delete-app', name: 'video.example.' } as const],
  ])('deletes the machines with %j', (command) => {
    const mesh = new TestMesh()
    mesh.register(machine(vm1, '192.0.2.1'))
    mesh.register(machine(vm2, '192.0.2.2'))
    mesh.put(command)
    expect([mesh.state.machines.size, mesh.state.machineCount.get('all')]).toEqual([0, undefined])
  })

  it('cannot list more addresses than the machines leave room for', () => {
    const mesh = new TestMesh()
    mesh.register(machine(vm1, '192.0.2.1'))
    const addresses = Array.from({ length: 32 }, (_, i) => `198.51.100.${i}`)
    expect(mesh.putEndpoint('sfo', addresses)).toBe('too-many')
    expect(typesOf(mesh.putEndpoint('sfo', addresses.slice(1)))).toEqual(['endpoint-put'])
  })
})

it.each([
  ['app-missing', { ...vm1, app: 'nothing.example.' }],
  ['cluster-missing', { ...vm1, cluster: 'nrt' }],
])('a registration is refused with %s', (code, at) => {
  expect(new TestMesh().register(machine(at, '192.0.2.1'))).toBe(code)
})

it('a machine more than an endpoint has room for is refused', () => {
  const mesh = new TestMesh()
  for (let i = 0; i < 32; i++) {
    mesh.register(machine({ ...vm1, machine: `vm-${i}` }, `192.0.2.${i}`))
  }
  expect(mesh.register(machine({ ...vm1, machine: 'one-more' }, '192.0.2.99'))).toBe('too-many')
  expect(typesOf(mesh.register(machine({ ...vm1, machine: 'vm-3' }, '192.0.2.99')))).toEqual([
    'machine-registered',
  ])
})

it('a machine more than central has room for is refused, those that it has go on', () => {
  const mesh = new TestMesh()
  mesh.register(machine(vm1, '192.0.2.1'))
  mesh.state.machineCount.set('all', MACHINES_MAX)
  expect(mesh.register(machine(vm2, '192.0.2.2'))).toBe('too-many')
  expect(typesOf(mesh.register(machine(vm1, '192.0.2.9')))).toEqual(['machine-registered'])
})

it('to unregister what is not there is not-found', () => {
  expect(new TestMesh().put(leave())).toBe('not-found')
})

describe('a verdict', () => {
  const judge = (mesh: TestMesh, state: 'up' | 'down'): unknown =>
    mesh.put({
      type: 'put-verdict',
      verdict: { app: 'video.example.', cluster: 'sfo', state, sinceEpoch: 1, reports: [] },
    })
  const stateOf = (mesh: TestMesh): unknown =>
    mesh.state.health.get('video.example.')?.get('sfo')?.state

  it('of down ends when a machine comes, one of up holds', () => {
    const mesh = new TestMesh()
    mesh.register(machine(vm1, '192.0.2.1'))
    judge(mesh, 'up')
    mesh.register(machine(vm2, '192.0.2.2'))
    expect(stateOf(mesh)).toBe('up')
    judge(mesh, 'down')
    mesh.put(leave(vm2))
    expect(stateOf(mesh)).toBe('down')
    mesh.register(machine(vm2, '192.0.2.2'))
    expect(stateOf(mesh)).toBe(undefined)
  })
})
