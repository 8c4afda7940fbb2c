import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rrsetSchema } from '../../shared/registry/rrset-schema.ts'
import { appSchema, zoneSchema } from '../../shared/registry/schema.ts'
import { decide } from '../model/decide.ts'
import type { Command } from '../model/decide.ts'
import { watchedNameMessage } from './messages.ts'
import { Mesh } from './watcher.fixture.ts'

const putZone = (apex: string): Command => ({
  type: 'put-zone',
  zone: zoneSchema.parse({ apex, ns: ['ns.example.net'] }),
})
const putRrset = (name: string, type: string, ...rdata: readonly string[]): Command => ({
  type: 'put-rrset',
  rrset: rrsetSchema.parse({ name, type, ttl: 60, rdata }),
})
const deleteRrset = (name: string, rrtype: string): Command => ({
  type: 'delete-rrset',
  name: `${name}.`,
  rrtype,
})
const putApp = (name: string): Command => ({ type: 'put-app', app: appSchema.parse({ name }) })

/** Writes what the rules let through, as one change. */
function write(mesh: Mesh, ...commands: readonly Command[]): void {
  const events = commands.flatMap((command) => {
    const decision = decide(mesh.state, command)
    return decision.ok ? decision.events : []
  })
  if (events.length > 0) mesh.write(...events)
}

const textRdata = ['"one"']

describe('an on-demand edge', () => {
  it('is told by what a name that does not exist is answered', () => {
    const mesh = new Mesh('on-demand')
    write(mesh, putZone('example'))
    write(mesh, putRrset('*.example', 'TXT', ...textRdata))
    mesh.watcher.ask('a.example.', 1)
    mesh.watcher.begin(undefined)
    mesh.settle()
    expect(mesh.told.get('a.example.')).toMatchObject({
      kind: 'NXDOMAIN',
      cover: { kind: 'WILDCARD', owner: { name: '*.example.', rrsets: [{ type: 16, ttl: 60 }] } },
    })
  })

  it('is told the addresses of name servers below a cut', () => {
    const mesh = new Mesh('on-demand')
    write(mesh, putZone('example'))
    write(mesh, putRrset('cut.example', 'NS', 'NS.cut.example.', 'ns.example.net.'))
    mesh.watcher.ask('a.cut.example.', 1)
    mesh.watcher.begin(undefined)
    mesh.settle()
    expect(mesh.told.get('a.cut.example.')).toMatchObject({ cover: { kind: 'CUT', glue: [] } })
    write(mesh, putRrset('ns.cut.example', 'AAAA', '2001:db8::1'))
    mesh.settle()
    expect(mesh.told.get('a.cut.example.')).toMatchObject({
      cover: {
        owner: { name: 'cut.example.' },
        glue: [{ name: 'ns.cut.example.', rrsets: [{ type: 28, rdata: ['2001:db8::1'] }] }],
      },
    })
  })

  it('is told again when a cover comes or goes, whatever the changes', () => {
    const label = fc.constantFrom('a', 'b', '*')
    const name = fc
      .array(label, { minLength: 1, maxLength: 3 })
      .map((labels) => [...labels, 'example'].join('.'))
    const command = fc.oneof(
      fc
        .tuple(name, fc.constantFrom('TXT', 'A'))
        .map(([at, type]) => putRrset(at, type, type === 'A' ? '192.0.2.1' : '"t"')),
      name.map((at) => putRrset(at, 'NS', `ns.${at}.`)),
      name.map((at) => putRrset(at, 'DNAME', 'example.net.')),
      fc
        .tuple(name, fc.constantFrom('TXT', 'A', 'NS', 'DNAME'))
        .map(([at, type]) => deleteRrset(at, type)),
      name.map(putApp),
      name.map((at): Command => ({ type: 'delete-app', name: `${at}.` })),
      name.map(putZone),
      name.map((at): Command => ({ type: 'delete-zone', apex: `${at}.` })),
    )
    const changes = fc.array(fc.array(command, { minLength: 1, maxLength: 3 }), { maxLength: 12 })
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 6 }), changes, (asked, all) => {
        const mesh = new Mesh('on-demand')
        write(mesh, putZone('example'))
        asked.forEach((at, i) => mesh.watcher.ask(`${at}.`, i + 1))
        mesh.watcher.begin(undefined)
        mesh.settle()
        for (const change of all) {
          write(mesh, ...change)
          mesh.settle()
        }
        for (const at of asked) {
          const { version: _, ...told } = mesh.told.get(`${at}.`) ?? {}
          const { version: __, ...now } = watchedNameMessage(mesh.state, `${at}.`, 0)
          expect(told).toEqual(now)
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('a full replica', () => {
  it('is told of names with records alone, and of none that covers', () => {
    const mesh = new Mesh('full')
    write(mesh, putZone('example'))
    write(mesh, putRrset('*.example', 'TXT', ...textRdata), putApp('app.example'))
    write(mesh, putRrset('app.example', 'MX', '10 mail.example.'))
    mesh.watcher.begin(undefined)
    mesh.settle()
    expect([...mesh.held]).toEqual([
      ['app.example.', 'APP'],
      ['*.example.', 'NODATA'],
    ])
    expect(mesh.told.get('app.example.')?.rrsets).toEqual([
      { type: 15, ttl: 60, rdata: ['10 mail.example.'] },
    ])
    write(mesh, deleteRrset('*.example', 'TXT'))
    mesh.settle()
    expect(mesh.held.get('*.example.')).toBe('NXDOMAIN')
  })

  it('gets parts and changes whose text is bounded', () => {
    const mesh = new Mesh('full')
    write(mesh, putZone('example'))
    const long = Array.from({ length: 200 }, (_, i) => `"${String(i).padEnd(250, 'x')}"`)
    for (let i = 0; i < 100; i++) write(mesh, putRrset(`n${i}.example`, 'TXT', ...long))
    mesh.watcher.begin(undefined)
    mesh.watcher.pump()
    const sizes: number[] = []
    while (mesh.sent.length > 0) {
      sizes.push(...mesh.sent.map((message) => JSON.stringify(message).length))
      mesh.read()
      mesh.watcher.pump()
    }
    expect(mesh.held.size).toBe(100)
    expect(Math.max(...sizes)).toBeLessThan(1_000_000)
  })
})
