import type { CheckType } from '../../shared/registry/check-schema.ts'
import type { ProbeResult } from './probe.ts'

/** Probes that have ended, by what came of them. */
export interface ProbeCounts {
  good: number
  bad: number
  unknown: number
}

/** What a prober has done since it was made. */
export class ProberStats {
  /** How much later than they were due probes have begun, because `probesMax` were under way. */
  delayedMs = 0
  readonly #probes: Readonly<Record<CheckType, ProbeCounts>> = {
    tcp: noCounts(),
    tls: noCounts(),
    http: noCounts(),
    https: noCounts(),
    grpc: noCounts(),
    dns: noCounts(),
    icmp: noCounts(),
    command: noCounts(),
  }

  /** Probes of tasks that were not given up before they ended. */
  get probes(): Readonly<Record<CheckType, Readonly<ProbeCounts>>> {
    return this.#probes
  }

  count(type: CheckType, { ok }: ProbeResult): void {
    const counts = this.#probes[type]
    if (ok === 'unknown') counts.unknown++
    else if (ok) counts.good++
    else counts.bad++
  }
}

function noCounts(): ProbeCounts {
  return { good: 0, bad: 0, unknown: 0 }
}
