import { showValue } from '../config/mistakes.ts'
import type { Mistake } from '../config/mistakes.ts'
import { TTL_MAX, TYPE_SOA } from '../dns/codes.ts'
import type { Name } from '../dns/name.ts'
import { uintAt } from '../records/fields.ts'
import { readName } from '../records/names.ts'
import { readRdata } from '../records/rdata.ts'
import type { Record } from '../records/record.ts'
import { badEscape, unescape } from '../records/strings.ts'
import { wrong } from '../records/words.ts'
import type { Fault, Word } from '../records/words.ts'
import { entriesOf } from './entries.ts'
import type { Entry } from './entries.ts'
import { GENERATED_MAX, generatedEntries } from './generated.ts'
import { readHead, readTtl } from './head.ts'
import type { OpenInclude, Source } from './source.ts'

/** Reading ends after so many mistakes. */
export const MISTAKES_MAX = 20
/** How deep files may include each other, the first not counted. */
export const INCLUDE_DEPTH_MAX = 8
/** How many `$INCLUDE` one file may lead to altogether. */
const INCLUDES_MAX = 10_000

/** Where a record stands; the column is that of its type, in octets. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** What is read: a record, or a mistake in place of one. */
export type ZoneItem =
  | { readonly ok: true; readonly record: Record; readonly place: Place }
  | { readonly ok: false; readonly mistake: Mistake }

export interface ZoneFileOptions {
  /** What relative names end with until `$ORIGIN` says otherwise. */
  readonly origin?: Name | undefined
  /** Opens what `$INCLUDE` names; without it `$INCLUDE` is a mistake. */
  readonly openInclude?: OpenInclude | undefined
}

/**
 * Reads a master file (RFC 1035 §5, RFC 2308 §4, RFC 3597 §5) record by record, as they are asked for: what
 * is in memory is one entry. Ends after `MISTAKES_MAX` mistakes. Throws what the chunks of a source throw.
 */
export function readZoneFile(
  source: Source,
  { origin, openInclude }: ZoneFileOptions = {},
): Generator<ZoneItem, void> {
  return new ZoneFileReader(openInclude).read(source, origin)
}

/** What one file of several says of the records that follow. */
interface Context {
  readonly source: Source
  readonly depth: number
  origin: Name | undefined
  owner: Name | undefined
}

class ZoneFileReader {
  readonly #openInclude: OpenInclude | undefined
  /** Of `$TTL`, or of an SOA record without one. */
  #defaultTtl: number | undefined
  #lastTtl: number | undefined
  #mistakes = 0
  #includes = 0
  #generated = 0

  constructor(openInclude: OpenInclude | undefined) {
    this.#openInclude = openInclude
  }

  *read(source: Source, origin: Name | undefined, depth = 0): Generator<ZoneItem, void> {
    const context: Context = { source, depth, origin, owner: undefined }
    for (const entry of entriesOf(source.chunks)) {
      const [first] = entry.words
      const isDirective =
        first?.text.startsWith('$') === true && !entry.isIndented && !first.isQuoted
      if (entry.fault !== undefined || !isDirective) {
        yield this.#record(context, entry)
      } else {
        switch (first.text.toUpperCase()) {
          case '$INCLUDE':
            yield* this.#include(context, entry.words)
            break
          case '$GENERATE':
            yield* this.#generate(context, entry.words)
            break
          default: {
            const fault = this.#set(context, first, entry.words)
            if (fault !== undefined) yield this.#mistake(context, fault)
          }
        }
      }
      if (this.#mistakes >= MISTAKES_MAX) return
    }
  }

  #mistake({ source }: Context, { line, column, found, wanted }: Fault): ZoneItem {
    this.#mistakes++
    const value = found === undefined ? undefined : shown(found)
    const mistake = { file: source.file, line, column, path: '', wanted }
    return { ok: false, mistake: value === undefined ? mistake : { ...mistake, value } }
  }

  /** `$ORIGIN` and `$TTL`, which say something of the records that follow. */
  #set(context: Context, directive: Word, words: readonly Word[]): Fault | undefined {
    const [, word, extra] = words
    const isOrigin = directive.text.toUpperCase() === '$ORIGIN'
    if (!isOrigin && directive.text.toUpperCase() !== '$TTL') {
      return wrong(directive, 'is not one of $ORIGIN, $TTL, $INCLUDE, $GENERATE')
    }
    if (word === undefined)
      return wrong(directive, `has no ${isOrigin ? 'name' : 'time'} behind it`)
    if (extra !== undefined) return wrong(extra, `is more than ${directive.text} has`)
    if (isOrigin) {
      const read = readName(word.text, context.origin)
      if (!read.ok || word.isQuoted) return wrong(word, read.ok ? quoted : read.reason)
      context.origin = read.name
      return undefined
    }
    const ttl = readTtl(word)
    if (typeof ttl === 'object') return ttl
    // RFC 2308 §4: "All resource records appearing after the directive" without a TTL have this one.
    this.#defaultTtl = ttl
    return undefined
  }

  #record(context: Context, { words, isIndented, fault }: Entry): ZoneItem {
    if (fault !== undefined) return this.#mistake(context, fault)
    let at = 0
    if (!isIndented) {
      const word = words[at++]
      if (word !== undefined) {
        const read = readName(word.text, context.origin)
        // A name that cannot be read is not that of the records below it either.
        context.owner = read.ok ? read.name : undefined
        if (!read.ok || word.isQuoted) {
          return this.#mistake(context, wrong(word, read.ok ? quoted : read.reason))
        }
      }
    }
    const head = readHead(words, at)
    if ('wanted' in head) return this.#mistake(context, head)
    const { typeWord, type } = head
    // RFC 1035 §5.1: "If an entry for an RR begins with a blank, then the RR is assumed to be owned by the
    // last stated owner."
    if (context.owner === undefined) {
      return this.#mistake(
        context,
        wrong(typeWord, 'has no owner: no record with a good name is before it'),
      )
    }
    const read = readRdata(type, words, { from: head.next, origin: context.origin })
    if (!read.ok) return this.#mistake(context, read.fault)
    const ttl = this.#ttlOf(head.ttl, type, read.rdata)
    if (ttl === undefined) {
      return this.#mistake(
        context,
        wrong(typeWord, 'has no TTL, and none is before it: one or $TTL is wanted'),
      )
    }
    const { line, column } = typeWord
    return {
      ok: true,
      record: { owner: context.owner, type, ttl, rdata: read.rdata },
      place: { file: context.source.file, line, column },
    }
  }

  #ttlOf(written: number | undefined, type: number, rdata: Uint8Array): number | undefined {
    if (written !== undefined) {
      this.#lastTtl = written
      return written
    }
    // RFC 2308 §4: $TTL goes first; RFC 1035 §5.1: "Omitted class and TTL values are default to the last
    // explicitly stated values."
    const ttl = this.#defaultTtl ?? this.#lastTtl
    if (ttl !== undefined || type !== TYPE_SOA) return ttl
    // As BIND does, and RFC 1035 §3.3.13 had it: without any, MINIMUM is the TTL.
    this.#defaultTtl = Math.min(uintAt(rdata, rdata.length - 4, 4), TTL_MAX)
    return this.#defaultTtl
  }

  /** `$INCLUDE file [origin]`: neither the origin nor the owner in that file stay when it ends. */
  *#include(context: Context, words: readonly Word[]): Generator<ZoneItem, void> {
    const opened = this.#openIncluded(context, words)
    if ('wanted' in opened) yield this.#mistake(context, opened)
    else yield* this.read(opened.source, opened.origin, context.depth + 1)
  }

  #openIncluded(
    { source, depth, origin }: Context,
    [directive, path, originWord, extra]: readonly Word[],
  ): { readonly source: Source; readonly origin: Name | undefined } | Fault {
    if (directive === undefined || path === undefined) {
      return { line: 1, column: 1, found: '$INCLUDE', wanted: 'has no file', ...directive }
    }
    if (extra !== undefined) return wrong(extra, 'is more than $INCLUDE has')
    const read = originWord === undefined ? undefined : readName(originWord.text, origin)
    if (originWord !== undefined && read?.ok === false) return wrong(originWord, read.reason)
    if (this.#openInclude === undefined) return wrong(directive, 'is not allowed here')
    if (depth >= INCLUDE_DEPTH_MAX) {
      return wrong(directive, `is more than ${INCLUDE_DEPTH_MAX} files deep`)
    }
    if (++this.#includes > INCLUDES_MAX) {
      return wrong(directive, `is one too many, a file leads to at most ${INCLUDES_MAX}`)
    }
    const file = unescape(path.text)
    if (file === undefined) return wrong(path, badEscape)
    const opened = this.#openInclude(Buffer.from(file, 'latin1').toString(), source.file)
    if (!opened.ok) return wrong(path, opened.reason)
    return { source: opened.source, origin: read?.ok === true ? read.name : origin }
  }

  /** `$GENERATE`: ends with the first mistake that it makes. */
  *#generate(context: Context, words: readonly Word[]): Generator<ZoneItem, void> {
    const { owner } = context
    for (const entry of generatedEntries(words, GENERATED_MAX - this.#generated)) {
      this.#generated++
      const item = this.#record(context, entry)
      yield item
      if (!item.ok) break
    }
    context.owner = owner
  }
}

const quoted = 'is quoted: a domain name stands without quotes'

/** A text of the file as messages show it: its octets are read as UTF-8. */
function shown(text: string): string {
  return showValue(Buffer.from(text, 'latin1').toString())
}
