/**
 * When nobody reads any more what was readable before. The answer table's writer is one
 * (`edge/table/reclaim.ts`): readers look locations up only within a batch of the answer table.
 */
export interface Quiescence {
  /** Ends an epoch and gives its number: what was made known before is what later batches see. */
  endEpoch(): number
  /** Whether no reader is in a batch that began in that epoch or before. */
  hasPassed(epoch: number): boolean
}
