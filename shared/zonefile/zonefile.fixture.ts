import { formatMistake } from '../config/mistakes.ts'
import { toName } from '../dns/name.ts'
import type { Record } from '../records/record.ts'
import { readZoneFile } from './parser.ts'
import { formatRecord } from './print.ts'
import type { OpenInclude, Source } from './source.ts'

/** What a text becomes: records, canonical lines of them, and mistakes as they are shown. */
export interface ReadText {
  readonly records: readonly Record[]
  readonly lines: readonly string[]
  readonly mistakes: readonly string[]
}

/** Reads a text as the file `z`, with the origin `example.` unless another one, or none, is given. */
export function readText(
  text: string,
  { origin = 'example', openInclude }: { origin?: string; openInclude?: OpenInclude } = {},
): ReadText {
  const records: Record[] = []
  const mistakes: string[] = []
  const options = { origin: origin === '' ? undefined : toName(origin), openInclude }
  for (const item of readZoneFile(textSource(text), options)) {
    if (item.ok) records.push(item.record)
    else mistakes.push(formatMistake(item.mistake))
  }
  return { records, lines: records.map((record) => formatRecord(record)), mistakes }
}

/** A text as a source. */
export function textSource(text: string, file = 'z'): Source {
  return { file, chunks: [Buffer.from(text)] }
}
