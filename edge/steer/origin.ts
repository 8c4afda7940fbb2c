import type { ClientPlace } from '../locate/place.ts'
import type { Cluster } from '../../shared/registry/schema.ts'

/** From where an answer is looked for. */
export interface Origin {
  /** The edge's own cluster. */
  readonly own: Cluster
  /** Where the client is; undefined where it is not known, or of no account: then it is at the edge. */
  readonly client?: ClientPlace | undefined
}
