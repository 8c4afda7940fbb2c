import { spawnSync } from 'node:child_process'
import * as fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { evolve } from '../../central/model/evolve.ts'
import { emptyState } from '../../central/model/state.ts'
import { zoneFileOf } from '../../central/zone/zone-file.ts'
import { ZoneCollector } from '../../cli/zone/content.ts'
import { TYPE_SOA } from '../../shared/dns/codes.ts'
import type { Record } from '../../shared/records/record.ts'
import { anyRecord, recordTypes } from '../../shared/records/records.fixture.ts'
import { TYPE_NAPTR } from '../../shared/records/types.ts'
import { rrsetSchema } from '../../shared/registry/rrset-schema.ts'
import { zoneSchema } from '../../shared/registry/schema.ts'
import { fileSource } from '../../shared/zonefile/files.ts'
import { sortRecords } from '../../shared/zonefile/order.ts'
import { readZoneFile } from '../../shared/zonefile/parser.ts'
import { formatRecord, printZone } from '../../shared/zonefile/print.ts'
import { TestFolder } from '../support/mesh.ts'
import { requireTool } from './tools.ts'

const compilezone = requireTool('named-compilezone', 'bind9-utils')
const folder = new TestFolder()
afterAll(() => folder.remove())

const formOnly = ['-i', 'none', '-k', 'ignore', '-m', 'ignore', '-n', 'ignore', '-r', 'ignore']

/** The records of a file as BIND reads them, one line each, without the serial. */
function linesOfBind(file: string): readonly string[] {
  const args = [...formOnly, '-o', '-', 'example', file]
  const { stdout, stderr, status } = spawnSync(compilezone, args, { maxBuffer: 2 ** 26 })
  expect([status, String(stderr)]).toEqual([0, expect.any(String)])
  const records: Record[] = []
  const compiled = folder.write('compiled.zone', String(stdout))
  for (const item of readZoneFile(fileSource(compiled))) if (item.ok) records.push(item.record)
  const lines = sortRecords(records).map((record) => formatRecord(record))
  return lines.map((line) => line.replace(/( SOA \S+ \S+) \d+ /, '$1 # '))
}

it('BIND finds in an exported zone what it finds in the file that was imported', () => {
  // BIND looks into the regular expressions of NAPTR, which are any octets here, and 9.18 does not know the
  // key ohttp (RFC 9540).
  const types = recordTypes.filter((type) => type !== TYPE_SOA && type !== TYPE_NAPTR)
  const made = fc.sample(anyRecord(types), { numRuns: 1_000, seed: 5 })
  const known = made.filter((record) => !/ ohttp\b/.test(formatRecord(record)))
  const printed = [...printZone(known.map((each, i) => ({ ...each, owner: `r${i}.example.` })))]
  const head =
    '@ 77 IN SOA ns box 7 2h 15m 2w 1h\n@ 99 IN NS ns\n@ 99 IN NS ns.test.\nns 99 IN A 192.0.2.1\n'
  const file = folder.write('given.zone', `$ORIGIN example.\n${head}${printed.join('')}`)

  const collector = new ZoneCollector()
  for (const item of readZoneFile(fileSource(file))) if (item.ok) collector.add(item.record)
  const content = collector.finish()
  if (typeof content === 'string') throw new Error(content)
  const state = emptyState()
  const { zone, rrsets } = content
  const puts = rrsets.map((rrset) => ({
    type: 'rrset-put' as const,
    rrset: rrsetSchema.parse({ ...rrset, rdata: [...rrset.rdata] }),
  }))
  const zonePut = {
    type: 'zone-put' as const,
    zone: zoneSchema.parse({ ...zone, ns: [...zone.ns] }),
  }
  evolve(state, { version: 1, events: [zonePut, ...puts] })
  const stored = state.zones.get('example.')
  if (stored === undefined) throw new Error('there is no zone')
  const text = [...zoneFileOf(state, stored, [...state.records.keys()].sort())].join('')

  expect(linesOfBind(folder.write('exported.zone', text))).toEqual(linesOfBind(file))
})
