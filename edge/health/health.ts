import type { Registry as MetricRegistry } from 'prom-client'
import type { Clock } from '../../shared/clock.ts'
import type { Name } from '../../shared/dns/name.ts'
import type { Logger } from '../../shared/log.ts'
import type { Startable } from '../../shared/startable.ts'
import type { Published } from '../latency/publication.ts'
import type { HealthStream } from '../replica/central-client.ts'
import { CutOff } from './cut-off.ts'
import { registerHealthMetrics } from './metrics.ts'
import type { HealthOptions } from './options.ts'
import type { OwnVerdicts } from './own-verdicts.ts'
import { Prober } from './prober.ts'
import { HealthReporter } from './reporter.ts'

export interface EdgeHealthOptions {
  readonly options: HealthOptions
  /** Opens the Check stream to central. */
  readonly open: () => HealthStream
  readonly own: OwnVerdicts
  /** Hears of names that are to be steered anew. */
  readonly onChange: (name: Name) => void
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  readonly register: MetricRegistry
}

/** The health checks of an edge: what central asks for is probed, told, and counts when cut off. */
export class EdgeHealth implements Startable {
  readonly #prober: Prober
  readonly #reporter: HealthReporter
  readonly #cutOff: CutOff

  constructor(options: EdgeHealthOptions) {
    const { clock, random, logger, own, onChange, open, register } = options
    const prober: Prober = new Prober({
      options: options.options,
      clock,
      random,
      logger,
      onFinding: (finding, task) => {
        this.#reporter.report(finding)
        this.#cutOff.take(finding, task)
      },
    })
    this.#prober = prober
    const refused = { invalid: 0, 'too-many': 0 }
    this.#reporter = new HealthReporter({
      open,
      tasks: prober,
      random,
      logger,
      onRefused: (reason) => void refused[reason]++,
    })
    this.#cutOff = new CutOff({ own, findings: prober, onChange, logger })
    registerHealthMetrics(register, prober, { refused, isCutOff: () => this.#cutOff.isCutOff })
  }

  /** A session with central has begun; empty: none is left. */
  session(session: string): void {
    if (session === '') {
      this.#reporter.end()
      this.#cutOff.lost()
    } else {
      this.#cutOff.found()
      this.#reporter.begin(session)
    }
  }

  /** Tells central of round trips, as they are published from now on. */
  reportRoundTrips(published: Published): void {
    this.#reporter.reportRoundTrips(published)
  }

  async start(): Promise<void> {
    await this.#prober.start()
  }

  async stop(): Promise<void> {
    this.#reporter.end()
    this.#cutOff.stop()
    await this.#prober.stop()
  }
}
