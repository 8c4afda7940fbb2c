import fc from 'fast-check'
import { expect, it } from 'vitest'
import { serialOf } from '../../central/model/state.ts'
import { TYPE_A, TYPE_ANY, TYPE_DS, TYPE_NS, TYPE_SOA, TYPE_TXT } from '../../shared/dns/codes.ts'
import { parseRecordType } from '../../shared/records/types.ts'
import { MeshEdge } from './zone-mesh.ts'
import type { Said, ZoneMesh } from './zone-mesh.ts'
import { oracle } from './zone-oracle.ts'
import type { OracleData, OracleRecord } from './zone-oracle.ts'
import { apexes, meshWith, question, rrsetOf, step } from './zone-steps.ts'

/** What is there at first, so that some of each kind is asked for. */
const basics = [
  rrsetOf('w.b.example.', 'NS', 'ns.example.'),
  rrsetOf('*.c.example.', 'A', '192.0.2.3'),
  rrsetOf('ns.example.', 'CNAME', 'x.c.example.'),
]
const basicQuestions = [
  { qname: 'x.w.b.example.', qtype: TYPE_A },
  { qname: 'ns.example.', qtype: TYPE_A },
  { qname: 'none.b.example.', qtype: TYPE_A },
  { qname: 'example.', qtype: TYPE_TXT },
]

/** What there is, for the oracle. */
function dataOf({ state }: ZoneMesh): OracleData {
  const records: OracleRecord[] = []
  const zones = Array.from(state.zones.values(), (stored) => {
    const { apex, ns, nsTtl, soa } = stored.value
    const { mname, rname, refresh, retry, expire, minimum } = soa
    const text = [mname, rname, serialOf(stored), refresh, retry, expire, minimum].join(' ')
    records.push({ name: apex, type: TYPE_SOA, ttl: soa.ttl, rdata: text })
    for (const rdata of ns) records.push({ name: apex, type: TYPE_NS, ttl: nsTtl, rdata })
    return { apex, soa: text, soaTtl: soa.ttl, negativeTtl: Math.min(soa.minimum, soa.ttl) }
  })
  for (const at of state.records.keys()) {
    for (const { value } of state.records.get(at) ?? []) {
      if (value.type === 'NS' && state.zones.has(at)) continue
      const type = parseRecordType(value.type) ?? 0
      for (const rdata of value.rdata) records.push({ name: at, type, ttl: value.ttl, rdata })
    }
  }
  const apps = new Map(
    Array.from(state.apps.values(), ({ value, endpoints }) => {
      const addresses = [...endpoints.values()].flatMap((endpoint) => endpoint.value.addresses)
      const { name, ttl } = value
      return [
        name,
        addresses.map((rdata) => ({ name, type: TYPE_A, ttl: ttl.max, rdata })),
      ] as const
    }),
  )
  return { zones, records, apps }
}

function essence({ rcode, aa, answer, authority }: Said): Omit<Said, 'additional'> {
  return { rcode, aa, answer, authority }
}

/**
 * Whether a data thread leaves a question to the control thread: the name is made of that of a DNAME record, or
 * goes round in a circle, which for a wildcard depends on the name.
 */
function isLeft({ rcode, answer }: Said, qtype: number): boolean {
  const records = answer.map((record) => record.split(' '))
  const isMade = records.some(([, , type]) => type === 'DNAME')
  const owners = records.map(([owner]) => owner)
  const isCircle = records.every(([, , type, to]) => type === 'CNAME' && owners.includes(to))
  const isRare = qtype === TYPE_ANY || qtype === TYPE_DS || rcode === 'REFUSED'
  return isMade || isRare || (isCircle && answer.length > 0)
}

it('edges and central answer as RFC 1034 §4.3.2 says, whatever came before', async () => {
  const seen = { links: 0, referral: 0, nxdomain: 0, nodata: 0, hits: 0 }
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 3, maxLength: 30 }),
      fc.array(question, { minLength: 10, maxLength: 40 }),
      async (steps, questions) => {
        const mesh = meshWith(apexes.slice(0, 2))
        mesh.write(...basics)
        const full = new MeshEdge(mesh, 'full')
        const onDemand = new MeshEdge(mesh, 'on-demand')
        for (const [i, commands] of steps.entries()) {
          mesh.write(...commands)
          // Some changes come together.
          if (i % 3 === 1 && i < steps.length - 1) continue
          full.settle()
          onDemand.settle()
          const data = dataOf(mesh)
          const start = (i * 7) % questions.length
          for (const { qname, qtype } of [
            ...basicQuestions,
            ...questions.slice(start, start + 8),
          ]) {
            const wanted = oracle(data, qname, qtype)
            const control = await full.ask(qname, qtype)
            const what = { qname, qtype }
            expect({ ...what, ...essence(control) }).toEqual({ ...what, ...wanted })
            expect({ ...what, central: essence(mesh.ask(qname, qtype)) }).toEqual({
              ...what,
              central: wanted,
            })
            const table = full.look(qname, qtype)
            if (table !== undefined) expect({ ...what, table }).toEqual({ ...what, table: control })
            else
              expect({ ...what, control, isLeft: isLeft(control, qtype) }).toMatchObject({
                isLeft: true,
              })
            const asked = await onDemand.ask(qname, qtype)
            expect({ ...what, asked }).toEqual({ ...what, asked: control })
            const known = onDemand.look(qname, qtype)
            if (known !== undefined) expect({ ...what, known }).toEqual({ ...what, known: control })
            if (known !== undefined) seen.hits++
            if (control.answer.length > 1) seen.links++
            if (!control.aa && control.authority.length > 0) seen.referral++
            if (control.rcode === 'NXDOMAIN') seen.nxdomain++
            if (control.rcode === 'NOERROR' && control.answer.length === 0 && control.aa) {
              seen.nodata++
            }
          }
        }
      },
    ),
    { numRuns: 15 },
  )
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0)
})

it('the version of a zone is left to the control thread, which knows who asks', () => {
  const mesh = meshWith(apexes.slice(0, 2))
  const edge = new MeshEdge(mesh, 'full')
  edge.settle()
  expect(edge.look('_version.example.', TYPE_TXT)).toBeUndefined()
  expect(edge.look('version.example.', TYPE_TXT)).toMatchObject({ rcode: 'NXDOMAIN' })
  mesh.write(rrsetOf('_version.example.', 'TXT', '"own"'))
  edge.settle()
  expect(edge.look('_version.example.', TYPE_TXT)).toMatchObject({ rcode: 'NOERROR' })
  mesh.write({ type: 'delete-rrset', name: '_version.example.', rrtype: 'TXT' })
  edge.settle()
  expect(edge.look('_version.example.', TYPE_TXT)).toBeUndefined()
})

it('aliases of what is not there have the serial of its zone, many of them a moment later', async () => {
  const mesh = meshWith(['example.'])
  const edge = new MeshEdge(mesh, 'full')
  const serials = (): readonly (string | undefined)[] =>
    ['to0.example.', 'none.example.', 'example.'].map((name) => {
      return edge.look(name, TYPE_TXT)?.authority[0]?.split(' ')[5]
    })
  mesh.write(rrsetOf('to0.example.', 'CNAME', 'none.example.'))
  edge.settle()
  const first = String(mesh.version)
  expect(serials()).toEqual([first, first, first])
  mesh.write(rrsetOf('a.example.', 'A', '192.0.2.1'))
  edge.settle()
  const second = String(mesh.version)
  expect(serials()).toEqual([second, second, second])
  for (let i = 1; i < 40; i++) mesh.write(rrsetOf(`to${i}.example.`, 'CNAME', 'none.example.'))
  edge.settle()
  const before = String(mesh.version)
  mesh.write(rrsetOf('b.example.', 'A', '192.0.2.1'))
  edge.settle()
  const third = String(mesh.version)
  expect(serials().slice(1)).toEqual([third, third])
  expect(edge.look('to39.example.', TYPE_TXT)?.authority[0]).toContain(` ${before} `)
  await edge.keepHouse()
  expect(serials()).toEqual([third, third, third])
  expect(edge.look('to39.example.', TYPE_TXT)?.authority[0]).toContain(` ${third} `)
})
