import type { Answer } from './query/encode.ts'
import type { Query } from './query/query.ts'

/**
 * One station on a query's way. It answers, or says with undefined that it has nothing to say; a
 * promise only when it must wait.
 */
export interface Stage {
  readonly name: StageName
  ask(q: Query): Answer | undefined | Promise<Answer | undefined>
}

/** The stages; also the label `plugin` of the metrics, with `pipeline` for what no stage answered. */
export const stageNames = ['admit', 'steer'] as const
export type StageName = (typeof stageNames)[number]
