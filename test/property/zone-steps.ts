import fc from 'fast-check'
import type { Command } from '../../central/model/decide.ts'
import { TYPE_TXT } from '../../shared/dns/codes.ts'
import { rrsetSchema } from '../../shared/registry/rrset-schema.ts'
import {
  appSchema,
  clusterSchema,
  endpointSchema,
  zoneSchema,
} from '../../shared/registry/schema.ts'
import { ZoneMesh } from './zone-mesh.ts'
import { oracleTypes } from './zone-oracle.ts'

/** The zones that there may be; the first two are there from the start. */
export const apexes = ['example.', 'b.example.', 'other.test.'] as const
const label = fc.constantFrom('a', 'b', 'c', '*', 'ns')
const name = fc
  .tuple(fc.array(label, { maxLength: 3 }), fc.constantFrom(...apexes, 'example.'))
  .map(([labels, apex]) => [...labels, apex].join('.'))
const anyName = fc.oneof(
  { weight: 9, arbitrary: name },
  { weight: 1, arbitrary: fc.constant('else.test.') },
)
const ttl = fc.constantFrom(5, 300)
const digest = 'AA'.repeat(20)

function rrset(type: string, rdata: fc.Arbitrary<readonly string[]>): fc.Arbitrary<Command> {
  return fc.tuple(name, ttl, rdata).map(([name, ttl, rdata]) => ({
    type: 'put-rrset' as const,
    rrset: rrsetSchema.parse({ name, type, ttl, rdata: [...new Set(rdata)] }),
  }))
}

const some = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> =>
  fc.array(one, { minLength: 1, maxLength: 2 })
const zoneOf = (apex: string): Command => ({
  type: 'put-zone',
  zone: zoneSchema.parse({ apex, ns: ['ns.example.', `a.ns.${apex}`], soa: { minimum: 7 } }),
})
const putApp = (name: string): readonly Command[] => [
  { type: 'put-app', app: appSchema.parse({ name }) },
  {
    type: 'put-endpoint',
    app: name,
    endpoint: endpointSchema.parse({ cluster: 'sfo', addresses: ['198.51.100.1'] }),
  },
]

/** One change, which may break a rule and then is none. */
export const step: fc.Arbitrary<readonly Command[]> = fc.oneof(
  { weight: 5, arbitrary: rrset('A', fc.constant(['192.0.2.1'])).map((one) => [one]) },
  { weight: 2, arbitrary: rrset('AAAA', fc.constant(['2001:db8::1'])).map((one) => [one]) },
  {
    weight: 2,
    arbitrary: rrset('MX', some(name.map((host) => `10 ${host}`))).map((one) => [one]),
  },
  {
    weight: 6,
    arbitrary: rrset(
      'CNAME',
      anyName.map((to) => [to]),
    ).map((one) => [one]),
  },
  {
    weight: 3,
    arbitrary: rrset(
      'DNAME',
      anyName.map((to) => [to]),
    ).map((one) => [one]),
  },
  { weight: 4, arbitrary: rrset('NS', some(anyName)).map((one) => [one]) },
  { weight: 2, arbitrary: rrset('DS', fc.constant([`1 8 1 ${digest}`])).map((one) => [one]) },
  { weight: 3, arbitrary: name.map(putApp) },
  { weight: 2, arbitrary: name.map((app) => [{ type: 'delete-app' as const, name: app }]) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(name, fc.constantFrom('A', 'AAAA', 'MX', 'CNAME', 'DNAME', 'NS', 'DS'))
      .map(([name, rrtype]) => [{ type: 'delete-rrset' as const, name, rrtype }]),
  },
  { weight: 1, arbitrary: fc.constantFrom(...apexes).map((apex) => [zoneOf(apex)]) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...apexes).map((apex) => [{ type: 'delete-zone' as const, apex }]),
  },
)

/** The command that puts one record. */
export function rrsetOf(name: string, type: string, rdata: string): Command {
  const rrset = rrsetSchema.parse({ name, type, ttl: 5, rdata: [rdata] })
  return { type: 'put-rrset', rrset }
}

/** A mesh with some zones. */
export function meshWith(zones: readonly string[]): ZoneMesh {
  const mesh = new ZoneMesh()
  mesh.write({
    type: 'put-cluster',
    cluster: clusterSchema.parse({ id: 'sfo', latitude: 1, longitude: 2 }),
  })
  for (const apex of zones) mesh.write(zoneOf(apex))
  return mesh
}

/** A question, for names that are there and for others. */
export const question = fc.record({
  // Deeper than what is there, so that there is something below names and wildcards.
  qname: fc
    .tuple(fc.constantFrom('', '', 'x.', 'a.', '*.'), anyName)
    .map((parts) => parts.join('')),
  qtype: fc.constantFrom(...oracleTypes, TYPE_TXT),
})
