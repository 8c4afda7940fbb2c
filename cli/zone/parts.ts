import type { Io } from '../call.ts'

/** Characters of the bar. */
const BAR_WIDTH = 30

/** Tells how far many rrsets have come. */
export interface Parts {
  /** So many more are done. */
  readonly add: (count: number) => void
  /** Takes the line away, where there is one. */
  readonly clear: () => void
}

/**
 * Shows how far an import of several parts has come: as a bar where a person looks at stderr, as a line for
 * each part elsewhere; not at all where there is one part.
 */
export function showParts(io: Io, total: number, parts: number): Parts {
  let done = 0
  if (parts === 1) return { add: () => undefined, clear: () => undefined }
  const bar = (): void => {
    const filled = Math.round((done / total) * BAR_WIDTH)
    const drawn = `${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}`
    // The line is erased before it is written (ECMA-48 §8.3.41, EL 2).
    io.err(`\r\u001B[2K[${drawn}] ${done} of ${total} rrsets`)
  }
  if (io.isErrTty) bar()
  return {
    add: (count) => {
      done += count
      if (!io.isErrTty) io.err(`imported ${done} of ${total} rrsets\n`)
      else if (done < total) bar()
    },
    clear: () => {
      if (io.isErrTty) io.err('\r\u001B[2K')
    },
  }
}
