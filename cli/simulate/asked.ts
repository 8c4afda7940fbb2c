import type { Name } from '../../shared/dns/name.ts'
import { geoPoint } from '../../shared/geo/distance.ts'
import type { Prefix } from '../../shared/geo/prefix.ts'
import { prefixText } from '../../shared/geo/prefix.ts'
import { makeClients, nearestOf } from './clients.ts'
import type { Asker, Comparison } from './compare.ts'
import type { EdgeSite } from './edge-sites.ts'
import type { ClientPlace } from './engine.ts'
import { linesOf } from './lines.ts'
import { NetworkTable, placeOfNetwork } from './network-table.ts'
import { parseQueryLine } from './query-line.ts'
import type { World } from './world.ts'

/** Lines of a log that are read. */
export const QUERY_LINES_MAX = 10_000_000
/** Different kinds of questions that are gathered before they are decided: edge by edge that is quick. */
const GATHERED_MAX = 100_000
/** Clients whose place is remembered. */
const REMEMBERED_CLIENTS_MAX = 100_000

/** What everything is asked of. */
export interface Stage {
  readonly comparison: Comparison
  readonly now: World
  readonly later: World
  readonly sites: readonly EdgeSite[]
  readonly names: readonly Name[]
}

/** Lets clients that are made up ask their nearest edge for each app. */
export async function askByMadeUp(
  stage: Stage,
  { count, seed, qtype }: { readonly count: number; readonly seed: number; readonly qtype: number },
): Promise<void> {
  const { comparison, now, later, sites, names } = stage
  // Where a cluster is to come there are clients already.
  const clusters = new Map([...later.clusters, ...now.clusters])
  const bySite = new Map<EdgeSite, Asker[]>()
  for (const { place, point } of makeClients([...clusters.values()], count, seed)) {
    const site = nearestOf(sites, point)
    if (site === undefined) continue
    const askers = bySite.get(site) ?? []
    askers.push({ now: place, later: place, count: 1 })
    bySite.set(site, askers)
  }
  for (const [site, askers] of bySite) {
    for (const name of names) {
      for (const asker of askers) await comparison.add(site, name, qtype, asker)
    }
  }
}

/** What was made of the lines of a log. */
export interface LogCounts {
  readonly lines: number
  /** Questions that were decided. */
  readonly queries: number
  readonly bad: number
  readonly firstBad?: { readonly line: number; readonly reason: string }
  /** For other names than those that are looked at. */
  readonly otherNames: number
  /** For types that no app is steered for. */
  readonly otherTypes: number
  /** Questions whose line names an edge that is not known: they count for the nearest. */
  readonly otherEdges: number
  /** Without an edge that is known, from clients in no network: nobody knows which edge they ask. */
  readonly unplaced: number
  /** Whether there were more than `QUERY_LINES_MAX` lines. */
  readonly isCut: boolean
}

/** Where a client is, now and then, by the networks of both worlds. */
interface Located {
  readonly key: string
  readonly now: ClientPlace | undefined
  readonly later: ClientPlace | undefined
  /** The nearest edge; undefined where that cannot be told. */
  readonly nearest: EdgeSite | undefined
}

/** A kind of question, and how often it was asked. */
interface Gathered {
  readonly site: EdgeSite
  readonly name: Name
  readonly qtype: number
  readonly located: Located
  count: number
}

/** Asks what the lines of a log ask. */
export async function askByLog(stage: Stage, chunks: AsyncIterable<unknown>): Promise<LogCounts> {
  const { comparison, sites, names } = stage
  const wanted = new Set(names)
  const siteById = new Map(sites.map((site) => [site.id, site]))
  const locate = locatorOf(stage)
  const counts = {
    lines: 0,
    queries: 0,
    bad: 0,
    otherNames: 0,
    otherTypes: 0,
    otherEdges: 0,
    unplaced: 0,
  }
  let firstBad: LogCounts['firstBad']
  let isCut = false
  const gathered = new Map<string, Gathered>()
  const decide = async (): Promise<void> => {
    const bySite = [...gathered.values()].sort((a, b) => (a.site.id < b.site.id ? -1 : 1))
    gathered.clear()
    for (const { site, name, qtype, located, count } of bySite) {
      await comparison.add(site, name, qtype, { now: located.now, later: located.later, count })
    }
  }
  for await (const line of linesOf(chunks)) {
    if (counts.lines === QUERY_LINES_MAX) {
      isCut = true
      break
    }
    counts.lines++
    const parsed = parseQueryLine(line)
    if (parsed === undefined) continue
    if (!parsed.ok) {
      counts.bad++
      firstBad ??= { line: counts.lines, reason: parsed.reason }
      continue
    }
    const { client, edge, qname, qtype } = parsed.query
    if (!wanted.has(qname)) {
      counts.otherNames++
      continue
    }
    if (qtype === undefined) {
      counts.otherTypes++
      continue
    }
    const located = locate(client)
    const named = edge === undefined ? undefined : siteById.get(edge)
    if (edge !== undefined && named === undefined) counts.otherEdges++
    const site = named ?? located.nearest
    if (site === undefined) {
      counts.unplaced++
      continue
    }
    counts.queries++
    const key = `${site.id} ${qname} ${qtype} ${located.key}`
    const known = gathered.get(key)
    if (known !== undefined) known.count++
    else {
      if (gathered.size >= GATHERED_MAX) await decide()
      gathered.set(key, { site, name: qname, qtype, located, count: 1 })
    }
  }
  await decide()
  return { ...counts, ...(firstBad === undefined ? {} : { firstBad }), isCut }
}

function locatorOf({ now, later, sites }: Stage): (client: Prefix) => Located {
  const nowTable = new NetworkTable(now.networks)
  const thenTable = new NetworkTable(later.networks)
  // By the networks of both worlds: there are fewer of these than of clients.
  const byNetworks = new Map<string, Located>()
  const remembered = new Map<string, Located>()
  return (client) => {
    const text = prefixText(client)
    const known = remembered.get(text)
    if (known !== undefined) return known
    const nowNetwork = nowTable.find(client)
    const thenNetwork = thenTable.find(client)
    const key = `${nowNetwork?.id ?? ''} ${thenNetwork?.id ?? ''}`
    let located = byNetworks.get(key)
    if (located === undefined) {
      const nowPlace = nowNetwork && placeOfNetwork(nowNetwork, now.clusters)
      const thenPlace = thenNetwork && placeOfNetwork(thenNetwork, later.clusters)
      const nearest = nearestTo(nowPlace ?? thenPlace, sites)
      located = { key, now: nowPlace, later: thenPlace, nearest }
      byNetworks.set(key, located)
    }
    if (remembered.size >= REMEMBERED_CLIENTS_MAX) remembered.clear()
    remembered.set(text, located)
    return located
  }
}

function nearestTo(
  place: ClientPlace | undefined,
  sites: readonly EdgeSite[],
): EdgeSite | undefined {
  const { latitude, longitude } = place ?? {}
  if (latitude === undefined || longitude === undefined) {
    return sites.length === 1 ? sites[0] : undefined
  }
  return nearestOf(sites, geoPoint({ latitude, longitude }))
}
