import type { ProbeResult } from '../../edge/health/probe.ts'
import type { Name } from '../../shared/dns/name.ts'
import type { Cluster } from '../../shared/registry/schema.ts'

/** An endpoint of the world, as it is: what the product knows of it, it has to find out. */
export interface TrueEndpoint {
  readonly app: Name
  readonly cluster: Cluster
  isUp: boolean
  /** Whether it hangs while it is down, rather than refuse at once. */
  hangs: boolean
  /** When it was last another, in ms. */
  changedAt: number
}

/** An app with its endpoints. */
export interface TrueApp {
  readonly name: Name
  readonly endpoints: readonly TrueEndpoint[]
}

/** Apps that are on so many clusters each, chosen by chance. */
export function createApps(
  clusters: readonly Cluster[],
  shape: { readonly apps: number; readonly endpoints: number },
  random: () => number,
): readonly TrueApp[] {
  return Array.from({ length: shape.apps }, (_, i) => {
    const name = `app${i}.example.`
    const endpoints = drawn(clusters, shape.endpoints, random).map((cluster) => {
      return { app: name, cluster, isUp: true, hangs: false, changedAt: 0 }
    })
    return { name, endpoints }
  })
}

/** So many of a list, each at most once. */
export function drawn<T>(list: readonly T[], count: number, random: () => number): readonly T[] {
  const left = [...list]
  return Array.from({ length: Math.min(count, list.length) }, () => {
    const at = Math.floor(random() * left.length)
    const [one] = left.splice(at, 1)
    if (one === undefined) throw new Error('nothing is left')
    return one
  })
}

/** Probes an endpoint that is reached, as the network would. */
export function probeTrue(
  endpoint: TrueEndpoint,
  signal: AbortSignal,
): ProbeResult | Promise<ProbeResult> {
  if (endpoint.isUp) return { ok: true }
  if (!endpoint.hangs) return { ok: false, detail: 'connection refused' }
  return noAnswer(signal)
}

/** What a probe finds out where nothing ever comes back. */
export function noAnswer(signal: AbortSignal): Promise<ProbeResult> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve({ ok: false, detail: 'no answer in time' }), {
      once: true,
    })
  })
}
