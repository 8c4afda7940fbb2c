/**
 * Times master files: records per second of CPU time that are read from memory, read and checked as a zone, and
 * printed; and the heap that each takes at its end. Every second record is an A, the others take turns.
 *
 *     node --expose-gc bench/micro/zonefile.ts [RECORDS]
 */
import { toName } from '../../shared/dns/name.ts'
import type { Record } from '../../shared/records/record.ts'
import { ZoneCheck } from '../../shared/zonefile/check.ts'
import { readZoneFile } from '../../shared/zonefile/parser.ts'
import { printZone } from '../../shared/zonefile/print.ts'

const DEFAULT_RECORDS = 1_000_000
const CHUNK_RECORDS = 1_000

const lines: readonly ((i: number) => string)[] = [
  (i) => `h${i} A 192.0.2.${i % 256}\n`,
  (i) => `        AAAA 2001:db8::${(i % 65_536).toString(16)}\n`,
  (i) => `h${i} 300 IN A 198.51.100.${i % 256}\n`,
  () => '        MX 10 mail.example.org.\n',
  (i) => `h${i} A 203.0.113.${i % 256}\n`,
  (i) => `t${i} 1h TXT "v=spf1 -all" "number ${i}" ; a comment\n`,
  (i) => `h${i} A 192.0.2.${i % 256}\n`,
  (i) => `_http._tcp.s${i} SRV 0 5 80 h${i - 1}\n`,
]

function* zoneText(records: number): Generator<Uint8Array, void> {
  yield Buffer.from('$ORIGIN example.\n$TTL 3600\n@ SOA ns hostmaster 1 2h 15m 2w 1h\n  NS ns\n')
  yield Buffer.from('ns A 192.0.2.1\n')
  for (let i = 0; i < records; i += CHUNK_RECORDS) {
    let text = ''
    for (let j = i; j < Math.min(i + CHUNK_RECORDS, records); j++) {
      text += lines[j % lines.length]?.(j) ?? ''
    }
    yield Buffer.from(text)
  }
}

function measure(what: string, records: number, run: () => unknown): void {
  globalThis.gc?.()
  const heapBefore = process.memoryUsage().heapUsed
  const cpu = process.cpuUsage()
  const kept = run()
  const { user, system } = process.cpuUsage(cpu)
  const seconds = (user + system) / 1e6
  globalThis.gc?.()
  const megabytes = (process.memoryUsage().heapUsed - heapBefore) / 1_048_576
  const rate = Math.round(records / seconds).toLocaleString('en')
  const memory = globalThis.gc === undefined ? '' : ` ${megabytes.toFixed(1).padStart(8)} MiB kept`
  process.stdout.write(`${what.padEnd(24)}${rate.padStart(12)} records/s${memory}\n`)
  // Used after it was measured, so that it is not freed before.
  if (kept === undefined) throw new TypeError('nothing was made')
}

const count = Number(process.argv[2] ?? DEFAULT_RECORDS)
const read = () => readZoneFile({ file: 'bench', chunks: zoneText(count) })

measure('making the text', count, () => {
  let bytes = 0
  for (const chunk of zoneText(count)) bytes += chunk.length
  return bytes
})
measure('text made and read', count, () => {
  let records = 0
  for (const item of read()) records += Number(item.ok)
  return records
})
measure('and checked as a zone', count, () => {
  const check = new ZoneCheck(toName('example'))
  for (const item of read()) if (item.ok) check.add(item.record, item.place)
  return { check, findings: check.finish() }
})
const records: Record[] = []
for (const item of read()) if (item.ok) records.push(item.record)
measure('sorted and printed', count, () => {
  let characters = 0
  for (const line of printZone(records, toName('example'))) characters += line.length
  return characters
})
