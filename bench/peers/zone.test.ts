import { expect, it } from 'vitest'
import { z } from 'zod'
import { clusterSchema } from '../../shared/registry/schema.ts'
import { createApps } from '../mesh/workload.ts'
import { apex, geoipZones, zoneText } from './zone.ts'

const clusters = Array.from({ length: 9 }, (_, i) =>
  clusterSchema.parse({ id: `c${i}`, latitude: i * 5, longitude: i * 10 }),
)
const apps = createApps(clusters, 'c4', { first: 0, count: 200 })
const wanted = apps.map(({ name, nearest }) => [name, nearest])

it('the master file has each name with its address, a SOA and a name server with one', () => {
  const records = zoneText(apps)
    .trimEnd()
    .split('\n')
    .map((line) => /^(\S+)\. \d+ IN (\S+) (.+)$/.exec(line)?.slice(1) ?? [line])
  const addresses = records.flatMap(([owner, type, rdata]) =>
    type === 'A' ? [[owner, rdata]] : [],
  )
  expect(addresses).toEqual([[`ns.${apex}`, '192.0.2.53'], ...wanted])
  expect(records.slice(0, 2).map(([owner, type]) => [owner, type])).toEqual([
    [apex, 'SOA'],
    [apex, 'NS'],
  ])
  expect(records).toHaveLength(apps.length + 3)
})

it('the GeoIP backend is given the same, with names that do not end in a dot', () => {
  const schema = z.object({
    domains: z.tuple([
      z.object({
        domain: z.literal(apex),
        records: z.record(z.string(), z.array(z.record(z.string(), z.string()))),
      }),
    ]),
  })
  const [domain] = schema.parse(geoipZones(apps)).domains
  const { [apex]: ground, [`ns.${apex}`]: server, ...names } = domain.records
  expect(Object.entries(names).map(([name, records]) => [name, records[0]?.['a']])).toEqual(wanted)
  expect(ground).toEqual([
    { soa: `ns.${apex} hostmaster.${apex} 1 3600 900 604800 300` },
    { ns: `ns.${apex}` },
  ])
  expect(server).toEqual([{ a: '192.0.2.53' }])
})
