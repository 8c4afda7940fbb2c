import { expect, it } from 'vitest'
import { endpointSchema, zoneSchema } from '../../shared/registry/schema.ts'
import type { Command } from './decide.ts'
import { decide } from './decide.ts'
import { machine, TestMesh, vm1 } from './machines.fixture.ts'

const app = 'video.example.'
const endpoint = (cluster: string, target?: string) =>
  endpointSchema.parse({ cluster, ...(target === undefined ? {} : { target }) })
const put = (cluster: string, target?: string): Command => ({
  type: 'put-endpoint',
  app,
  endpoint: endpoint(cluster, target),
})
const zone = (apex: string): Command => ({
  type: 'put-zone',
  zone: zoneSchema.parse({ apex, ns: ['ns.example'] }),
})

function refusal(mesh: TestMesh, command: Command): string {
  const decision = decide(mesh.state, command)
  return decision.ok ? 'none' : `${decision.rejection.code}: ${decision.rejection.detail}`
}

it('an endpoint with a target needs no address', () => {
  const mesh = new TestMesh()
  expect(refusal(mesh, put('sfo'))).toContain('address-missing')
  expect(mesh.put(put('sfo', 'cdn.test'))).toHaveLength(1)
  expect(mesh.put(put('sfo', 'CDN.test'))).toEqual([])
})

it('a target at the apex of a zone is refused, whichever comes first', () => {
  const mesh = new TestMesh()
  mesh.put(put('sfo', 'cdn.test'))
  expect(refusal(mesh, zone('video.example'))).toBe(
    'target-impossible: endpoint sfo of app video.example. has the target cdn.test., so that video.example. ' +
      'cannot be the apex of a zone: give the endpoint addresses first',
  )
  mesh.put({ type: 'delete-endpoint', app, cluster: 'sfo' })
  expect(mesh.put(zone('video.example'))).toHaveLength(1)
  expect(refusal(mesh, put('sfo', 'cdn.test'))).toBe(
    'target-impossible: endpoint sfo of app video.example. has the target cdn.test., but video.example. ' +
      'is the apex of a zone and can be no other name (CNAME): give it addresses',
  )
  // With addresses it may be there.
  expect(mesh.put(put('lhr'))).toHaveLength(1)
})

it('an app is not its own target', () => {
  expect(refusal(new TestMesh(), put('sfo', 'Video.example'))).toContain(
    'target-impossible: endpoint sfo of app video.example. has the target video.example., the name of the app',
  )
})

it('machines and a target are not together', () => {
  const mesh = new TestMesh()
  mesh.register(machine(vm1, '192.0.2.1'))
  expect(refusal(mesh, put('sfo', 'cdn.test'))).toContain('but 1 machines are registered there')
  mesh.put({ type: 'unregister-machine', ...vm1 })
  mesh.put(put('sfo', 'cdn.test'))
  expect(mesh.register(machine(vm1, '192.0.2.1'))).toBe('target-impossible')
})

it('a verdict ends when the target is another', () => {
  const mesh = new TestMesh()
  const verdict = { app, cluster: 'sfo', state: 'down' as const, sinceEpoch: 1, reports: [] }
  const hasVerdict = (): boolean => mesh.state.health.get(app)?.has('sfo') === true
  mesh.put(put('sfo', 'cdn.test'))
  mesh.put({ type: 'put-verdict', verdict })
  expect(hasVerdict()).toBe(true)
  mesh.put(put('sfo', 'other.test'))
  expect(hasVerdict()).toBe(false)
})
