import { expect, it } from 'vitest'
import { appSchema, zoneSchema } from '../../shared/registry/schema.ts'
import type { RegistryEvent } from '../model/events.ts'
import { Mesh } from './watcher.fixture.ts'

const zone: RegistryEvent = {
  type: 'zone-put',
  zone: zoneSchema.parse({ apex: 'example', ns: ['ns.example'] }),
}
const putApp = (name: string): RegistryEvent => ({
  type: 'app-put',
  app: appSchema.parse({ name }),
})

it('an edge that reads nothing of its full state is sent no more of it, whatever is written', () => {
  const mesh = new Mesh('full')
  mesh.write(zone, ...Array.from({ length: 5000 }, (_, i) => putApp(`a${i}.example`)))
  mesh.room = 1
  mesh.watcher.begin(undefined)
  for (let i = 0; i < 100; i++) {
    mesh.write(putApp(`b${i}.example`))
    mesh.watcher.pump()
  }
  expect(mesh.sent).toHaveLength(1)
  mesh.settle()
  for (const name of ['a4999.example.', 'b99.example.']) expect(mesh.held.get(name)).toBe('APP')
  expect(mesh.edgeVersion).toBe(101)
})

it('an edge that acknowledges nothing is sent four changes, and then one with all that has come since', () => {
  const mesh = new Mesh('full')
  mesh.write(zone)
  mesh.watcher.begin(1)
  for (let i = 0; i < 100; i++) {
    mesh.write(putApp(`b${i}.example`))
    mesh.watcher.pump()
  }
  expect(mesh.sent).toHaveLength(4)
  mesh.settle()
  expect(mesh.held.get('b99.example.')).toBe('APP')
  expect(mesh.edgeVersion).toBe(101)
})
