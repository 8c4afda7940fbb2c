import type { ClientPlace } from './place.ts'

/** The places that clients can be in, by their numbers. */
export interface ClientPlaces {
  /** Another one whenever a place has changed. */
  readonly revision: number
  /** All numbers are below. */
  readonly end: number
  /** Undefined for a number that none has: 0 is always one. */
  readonly placeOf: (number: number) => ClientPlace | undefined
}

/** No client is anywhere. */
export const noPlaces: ClientPlaces = { revision: 0, end: 1, placeOf: () => undefined }
