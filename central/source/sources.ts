import type { Clock } from '../../shared/clock.ts'
import type { Logger } from '../../shared/log.ts'
import type { Startable } from '../../shared/startable.ts'
import { startAll } from '../../shared/startable.ts'
import type { Registry } from '../registry/registry.ts'
import { KafkaSource } from './kafka-source.ts'
import type { SourceOptions } from './options.ts'
import { SourceTopic } from './topic.ts'

export interface SourcesParts {
  readonly options: readonly SourceOptions[]
  readonly registry: Pick<Registry, 'state' | 'submit'>
  /** Whether this central is the one that lets messages into the log. */
  readonly isOnDuty: () => boolean
  readonly clock: Clock
  readonly logger: Logger
  readonly random: () => number
}

/** All sources of records that the config names. */
export class Sources implements Startable {
  readonly all: readonly KafkaSource[]
  #stop: () => Promise<void> = () => Promise.resolve()

  /** Throws MERIDIAN_CONFIG_UNREADABLE when a PEM file is not there. */
  constructor({ options, ...parts }: SourcesParts) {
    this.all = options.map(
      (one, i) =>
        new KafkaSource({ ...parts, options: one, topic: new SourceTopic(one, `sources[${i}]`) }),
    )
  }

  async start(): Promise<void> {
    this.#stop = await startAll(this.all)
  }

  async stop(): Promise<void> {
    await this.#stop()
  }
}
