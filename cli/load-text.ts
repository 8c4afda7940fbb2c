import { LOAD_MAX_PERCENT } from '../shared/registry/limits.ts'

/** Reads a load as people and programs write it: percent, with or without the sign. Undefined when it is none. */
export function parseLoad(text: string): number | undefined {
  const load = /^\d{1,4}(\.\d{1,20})?%?$/.test(text) ? Number.parseFloat(text) : Number.NaN
  return load <= LOAD_MAX_PERCENT ? load : undefined
}

/** What is wanted of a load. */
export const WANTED_LOAD = `0 to ${LOAD_MAX_PERCENT} percent`
