/** A file to read, opened as late as it is needed. */
export interface Source {
  /** Its name in messages. */
  readonly file: string
  readonly chunks: Iterable<Uint8Array>
}

/**
 * Finds the file of an `$INCLUDE`: `path` as it is written there, `from` the file in which it is. What it
 * refuses has a reason, half a sentence behind the path.
 */
export type OpenInclude = (path: string, from: string) => OpenedSource

export type OpenedSource =
  { readonly ok: true; readonly source: Source } | { readonly ok: false; readonly reason: string }
