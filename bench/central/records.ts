import { setTimeout as wait } from 'node:timers/promises'
import { systemClock } from '../../shared/clock.ts'
import { BenchCentral } from '../mesh/central.ts'
import { BenchFolder } from '../mesh/folder.ts'
import { APEX } from '../mesh/workload.ts'
import type { Progress } from '../progress.ts'
import type { Bar, PartResult } from '../report/figure.ts'
import { FigureCollector, formatValue } from '../report/figure.ts'
import { quantile } from '../report/statistics.ts'
import { timeFlushes } from './disk.ts'
import { writeEventLog } from './event-log.ts'
import { collectGarbage } from './inspector.ts'
import { addressAt, hostAt, RECORDS, writeZoneFile } from './million.ts'
import { measureSlowEdges } from './slow-edges.ts'
import { importZone } from './zone-import.ts'

/** After an import and after a start, until memory is said to be steady. */
const SETTLE_MS = 20_000
const INSPECTED = { nodeArgs: ['--inspect=127.0.0.1:0'] } as const

const bars = {
  importSeconds: { atMost: 60 },
  snapshotSeconds: { atMost: 4 },
  replaySeconds: { atMost: 10 },
  bytes: { atMost: 600 },
}

/** What a central of 1,000,000 records takes: to fill, to hold, to start. */
export async function measureRecords(
  folder: BenchFolder,
  { rounds }: { readonly rounds: number },
  progress: Progress,
): Promise<PartResult> {
  const figures = new FigureCollector()
  const zoneFile = folder.path('million.zone')
  await writeZoneFile(zoneFile)
  for (let round = 1; round <= rounds; round++) {
    const own = new BenchFolder()
    try {
      const say = (what: string): void => progress(`records: round ${round}/${rounds}: ${what}`)
      const flushes = timeFlushes(own)
      figures.add('disk: 4 KiB and fsync: p50', 'ms', quantile(flushes, 0.5))
      await measureFilling(own, zoneFile, figures, say)
      await measureStarts(own, figures, say)
    } finally {
      own.remove()
    }
  }
  return {
    part: 'records',
    setup: { records: RECORDS, settleSeconds: SETTLE_MS / 1000, zones: 1, eventLog: 'sqlite' },
    figures: figures.figures,
  }
}

/** The import, and what it leaves in memory; then what slow edges add to that. */
async function measureFilling(
  folder: BenchFolder,
  zoneFile: string,
  figures: FigureCollector,
  say: Progress,
): Promise<void> {
  const central = new BenchCentral(folder, INSPECTED)
  try {
    await central.start()
    await collectGarbage(central.inspectorUrl)
    const empty = central.usage()
    const seconds = await importZone(folder, central, zoneFile, RECORDS + 1)
    figures.add('import of all', 's', seconds, bars.importSeconds)
    figures.add('import: CPU of central', 's', (central.usage().cpuMs - empty.cpuMs) / 1000)
    say(`imported in ${formatValue(seconds)} s`)
    // What the import has left for the collector goes when it next runs, not before.
    await addMemory(central, empty.rssBytes, 'after the import', {}, figures)
    await measureSlowEdges(central, figures)
    say('slow edges were there')
  } finally {
    await central.end()
  }
}

/** The memory of each record: RSS that has grown since central had none. */
async function addMemory(
  central: BenchCentral,
  emptyBytes: number,
  when: string,
  steadyBar: Bar,
  figures: FigureCollector,
): Promise<void> {
  const bytes = (): number => (central.usage().rssBytes - emptyBytes) / RECORDS
  await wait(SETTLE_MS)
  figures.add(`memory of a record ${when}: steady`, 'bytes', bytes(), steadyBar)
  await collectGarbage(central.inspectorUrl)
  figures.add(`memory of a record ${when}: after GC`, 'bytes', bytes(), bars.bytes)
}

async function measureStarts(
  imported: BenchFolder,
  figures: FigureCollector,
  say: Progress,
): Promise<void> {
  figures.add('snapshot file', 'MB', new BenchCentral(imported).snapshotBytes() / 1e6)
  await measureStart(imported, 'from snapshot', bars.snapshotSeconds, figures)
  say('started from the snapshot')
  new BenchCentral(imported).removeSnapshot()
  await measureStart(imported, 'by replay of the import', {}, figures)
  const events = new BenchFolder()
  try {
    await writeEventLog(events.path('central', 'events.sqlite'))
    figures.add('event log of as many events', 'MB', new BenchCentral(events).logBytes() / 1e6)
    await measureStart(events, 'by replay of as many events', bars.replaySeconds, figures)
    say('started by replay')
    // That start has left a snapshot: what a central that never imported anything has in memory.
    await measureMemoryOfStart(events, figures)
  } finally {
    events.remove()
  }
}

/** Spawn of the process until its log says that it is up, and until the last record was read by REST. */
async function measureStart(
  folder: BenchFolder,
  way: string,
  bar: Bar,
  figures: FigureCollector,
): Promise<void> {
  const central = new BenchCentral(folder)
  try {
    const up = await central.start()
    await readLast(central)
    const seconds = (systemClock.nowMs() - central.startedAt) / 1000
    if (central.hasRefusedSnapshot) throw new Error('central has refused its snapshot')
    figures.add(`start ${way}: its own part`, 's', Number(up['startMs']) / 1000)
    figures.add(`start ${way}: first REST answer`, 's', seconds, bar)
    figures.add(`start ${way}: CPU`, 's', central.usage().cpuMs / 1000)
  } finally {
    await central.end()
  }
}

async function measureMemoryOfStart(folder: BenchFolder, figures: FigureCollector): Promise<void> {
  const none = new BenchFolder()
  const empty = new BenchCentral(none, INSPECTED)
  const central = new BenchCentral(folder, INSPECTED)
  try {
    await empty.start()
    await collectGarbage(empty.inspectorUrl)
    const emptyBytes = empty.usage().rssBytes
    await empty.end()
    await central.start()
    await addMemory(central, emptyBytes, 'after a start', bars.bytes, figures)
  } finally {
    await empty.end()
    await central.end()
    none.remove()
  }
}

/** Reads the record that came last. Throws when it is not what was put. */
async function readLast(central: BenchCentral): Promise<void> {
  const last = RECORDS - 1
  const { rdata } = await central.call('GET', `/v1/zones/${APEX}./rrsets/${hostAt(last)}/A`)
  if (String(rdata) === addressAt(last)) return
  throw new Error(`${hostAt(last)} is given as ${JSON.stringify(rdata)}`)
}
