import type { ClusterShare } from './engine.ts'

/** What somebody gets: shares of clusters, and how far each of these is from the one who asks. */
export interface Given {
  readonly shares: readonly ClusterShare[]
  readonly kmTo: (cluster: string) => number
}

/** What one cluster gets of all that was asked, and from how far. */
interface Sum {
  asked: number
  km: number
}

/** One side of a comparison: as it is now, or as it would be then. */
class Side {
  readonly byCluster = new Map<string, Sum>()
  answered = 0
  km = 0

  add(count: number, { shares, kmTo }: Given): void {
    for (const { cluster, share } of shares) {
      const asked = count * share
      const km = asked * kmTo(cluster)
      const sum = this.byCluster.get(cluster)
      if (sum === undefined) this.byCluster.set(cluster, { asked, km })
      else {
        sum.asked += asked
        sum.km += km
      }
      this.answered += asked
      this.km += km
    }
  }
}

/** What one cluster gets. Distances are of the clients that it answers; undefined where it answers none. */
export interface ClusterRow {
  readonly cluster: string
  readonly nowPercent: number
  readonly thenPercent: number
  /** Percent points. */
  readonly shiftPoints: number
  readonly nowKm: number | undefined
  readonly thenKm: number | undefined
}

/** What was counted. */
export interface Tallied {
  /** Clients, or queries of a log. */
  readonly asked: number
  /** How many of them get another cluster then; a part of one where answers are drawn. */
  readonly moved: number
  readonly movedPercent: number
  /** Those that get most then stand first. */
  readonly clusters: readonly ClusterRow[]
  readonly nowUnansweredPercent: number
  readonly thenUnansweredPercent: number
  readonly nowKm: number | undefined
  readonly thenKm: number | undefined
}

/** Counts who gets what, by shares and not by chance. */
export class Tally {
  readonly #now = new Side()
  readonly #later = new Side()
  #asked = 0
  #moved = 0

  /** `count` clients of one place, or so many questions of theirs. */
  add(count: number, now: Given, later: Given): void {
    this.#asked += count
    this.#now.add(count, now)
    this.#later.add(count, later)
    this.#moved += count * movedShare(now.shares, later.shares)
  }

  result(): Tallied {
    const asked = this.#asked
    const percent = (part: number): number => (asked === 0 ? 0 : rounded((100 * part) / asked))
    const ids = new Set([...this.#now.byCluster.keys(), ...this.#later.byCluster.keys()])
    const clusters = Array.from(ids, (cluster): ClusterRow => {
      const now = this.#now.byCluster.get(cluster)
      const later = this.#later.byCluster.get(cluster)
      return {
        cluster,
        nowPercent: percent(now?.asked ?? 0),
        thenPercent: percent(later?.asked ?? 0),
        shiftPoints: percent((later?.asked ?? 0) - (now?.asked ?? 0)),
        nowKm: meanKm(now?.km, now?.asked),
        thenKm: meanKm(later?.km, later?.asked),
      }
    })
    clusters.sort(
      (a, b) =>
        b.thenPercent - a.thenPercent ||
        b.nowPercent - a.nowPercent ||
        (a.cluster < b.cluster ? -1 : 1),
    )
    return {
      asked,
      moved: rounded(this.#moved),
      movedPercent: percent(this.#moved),
      clusters,
      nowUnansweredPercent: percent(asked - this.#now.answered),
      thenUnansweredPercent: percent(asked - this.#later.answered),
      nowKm: meanKm(this.#now.km, this.#now.answered),
      thenKm: meanKm(this.#later.km, this.#later.answered),
    }
  }
}

/** How much of what one client asks goes elsewhere then; an answer that comes or goes is elsewhere too. */
function movedShare(now: readonly ClusterShare[], later: readonly ClusterShare[]): number {
  const left = new Map<string, number>()
  for (const { cluster, share } of now) left.set(cluster, (left.get(cluster) ?? 0) + share)
  let kept = 0
  for (const { cluster, share } of later) {
    const before = left.get(cluster) ?? 0
    kept += Math.min(before, share)
  }
  const isNone = now.length === 0 && later.length === 0
  return isNone ? 0 : Math.max(0, 1 - kept)
}

function meanKm(km = 0, asked = 0): number | undefined {
  return asked === 0 ? undefined : rounded(km / asked)
}

/** To three digits: sums of shares are not exact. */
function rounded(value: number): number {
  // Not -0.
  return Math.round(value * 1000) / 1000 + 0
}
