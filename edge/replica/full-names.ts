/**
 * Replica full: all names with an app or static records, so that what is not here does not exist. Names
 * above one are empty non-terminals; they are counted, not stored.
 *
 * Names are held in packed form in one block of memory (`packed-names.ts`), so that a million apps cost
 * about 100 MB and nothing at all in a garbage collection.
 *
 * What has no room there (an app with thousands of endpoints, more than 32 KiB of records, or the memory is
 * full) is kept as objects.
 */
import { LRUCache } from 'lru-cache'
import { nameFromWire, NAME_MAX_BYTES, nameKey } from '../../shared/dns/name.ts'
import type { Name } from '../../shared/dns/name.ts'
import type { WireRrset } from '../../shared/records/follow.ts'
import { JsonText } from '../../shared/snapshot-file.ts'
import { Ancestors } from './ancestors.ts'
import { PackIds } from './pack-ids.ts'
import {
  appWord,
  hasAppAt,
  hasRrsetsAt,
  replacedAt,
  rrsetsWord,
  versionAt,
  wireAt,
} from './name-record.ts'
import { createEntry } from './names.ts'
import type { EntryWalk, NameEntry, NameTable } from './names.ts'
import { packedWords, readApp, writeApp } from './packed-app.ts'
import { jsonOfApp } from './packed-json.ts'
import type { PackedApp } from './packed-app.ts'
import { PackedNames } from './packed-names.ts'
import { marksAt, marksOf, readRrsets, rrsetWords, writeRrsets } from './packed-rrsets.ts'
import type { SubtreeMarks } from './packed-rrsets.ts'
import { appLine, rrsetLines } from './snapshot-line.ts'

/** Names whose app is kept as objects beside, with their answers: those asked of the control thread. */
const RECENT_MAX = 4096

/** An app where a full replica holds it. */
export interface HeldApp extends PackedApp {
  /** Its record. */
  readonly ref: number
}

/** One app of a walk over all of them; the next step writes to it. */
export interface WalkedApp extends HeldApp {
  /** The name in wire form. */
  readonly wire: Buffer
}

/** All names that are held. */
export class FullNames implements NameTable {
  readonly packIds = new PackIds()
  readonly #packed = new PackedNames()
  /** Names without a packed form. */
  readonly #large = new Map<string, NameEntry>()
  /** Of names that are held and of the apexes of zones. */
  readonly ancestors = new Ancestors()
  readonly #recent = new LRUCache<string, NameEntry>({ max: RECENT_MAX })
  readonly #wire = Buffer.alloc(NAME_MAX_BYTES + 1)
  /** Names with static records; of these, those with NS or DNAME. */
  #withRrsets = 0
  #marked = 0

  get size(): number {
    return this.#packed.size + this.#large.size
  }

  /** Names with static records. */
  get withRrsets(): number {
    return this.#withRrsets
  }

  /** Bytes of the records in packed form, those that a walk keeps included. */
  get packedBytes(): number {
    return this.#packed.bytes
  }

  get(key: string): NameEntry {
    const recent = this.#recent.get(key)
    if (recent !== undefined) return recent
    const entry = this.peek(key)
    if (entry.kind === 'app') this.#recent.set(key, entry)
    return entry
  }

  peek(key: string): NameEntry {
    const ref = this.#packed.find(key)
    if (ref !== 0) return this.#entryAt(ref)
    return this.#large.get(key) ?? (this.ancestors.has(key) ? emptyNonTerminal : nonexistent)
  }

  versionOf(key: string): number {
    const ref = this.#packed.find(key)
    return ref === 0 ? this.peek(key).version : versionAt(this.#packed.words, ref)
  }

  /** The app of a name in packed form; undefined when it has none, or is none. Good until the next put. */
  packed(key: string): HeldApp | undefined {
    const ref = this.#packed.find(key)
    return ref !== 0 && hasAppAt(this.#packed.words, ref) ? this.#heldAt(ref) : undefined
  }

  /** Whether a name has an app or static records. */
  holds(key: string): boolean {
    return this.#packed.find(key) !== 0 || this.#large.has(key)
  }

  /** What stands at a name, but for what its app is. */
  recordsOf(key: string): { readonly rrsets: readonly WireRrset[]; readonly hasApp: boolean } {
    const ref = this.#packed.find(key)
    if (ref !== 0) return { rrsets: this.#rrsetsAt(ref), hasApp: hasAppAt(this.#packed.words, ref) }
    const large = this.#large.get(key)
    return { rrsets: large?.rrsets ?? noRrsets, hasApp: large?.kind === 'app' }
  }

  /** What the static records of a name mean for the names below it. */
  marksOf(key: string): SubtreeMarks {
    // In most meshes there is nothing to be looked for.
    return this.#marked === 0 ? noMarks : this.#marksOf(this.#packed.find(key), key)
  }

  /** Whether any name has NS or DNAME records. */
  get hasMarks(): boolean {
    return this.#marked > 0
  }

  put(key: string, entry: NameEntry): void {
    this.#recent.delete(key)
    const old = this.#packed.find(key)
    this.#count(old, key, -1)
    const had = old !== 0 || this.#large.delete(key)
    const { app, rrsets } = entry
    const has = app !== undefined || rrsets.length > 0
    const ref = has ? this.#write(old, entry) : 0
    if (!has) this.#packed.remove(old)
    else if (ref === 0) this.#large.set(key, entry)
    this.#packed.step()
    this.#count(ref, key, 1)
    if (had !== has) this.ancestors.count(key, has ? 1 : -1)
  }

  has(name: Name): boolean {
    return this.holds(nameKey(name))
  }

  // ---- walks: what is held at one moment, while it goes on changing ----

  /**
   * As `NameTable.entries`; `upTo` is the version now: what is put later has a higher one.
   */
  entries(upTo: number): EntryWalk {
    const large = [...this.#large.values()]
    const walk = this.#packed.walk()
    const entries = function* (this: FullNames): Iterable<NameEntry> {
      yield* large
      for (const ref of walk.refs) if (walk.wasThere(ref, upTo)) yield this.#entryAt(ref)
    }
    return { entries: entries.call(this), end: walk.end }
  }

  /** As `entries`, as lines of a snapshot. */
  lines(upTo: number): { readonly lines: Iterable<unknown>; readonly end: () => void } {
    const large = [...this.#large.values()]
    const walk = this.#packed.walk()
    const lines = function* (this: FullNames): Iterable<unknown> {
      for (const entry of large) yield appLine(entry)
      for (const ref of walk.refs) if (walk.wasThere(ref, upTo)) yield this.#lineAt(ref)
    }
    return { lines: lines.call(this), end: walk.end }
  }

  /**
   * Gives the apps in packed form that have no static records beside them, in the order of memory, each as
   * it is when it comes; one that comes or changes meanwhile may be left out, or come twice. `end` must be
   * called in any case. Those without a packed form: `large`.
   */
  apps(): { readonly apps: Iterable<WalkedApp>; readonly end: () => void } {
    const walk = this.#packed.walk()
    const { words } = this.#packed
    const out = Buffer.alloc(NAME_MAX_BYTES + 1)
    // One view for each length: made anew they would be garbage, one for each of a million apps.
    const wires = Array.from({ length: NAME_MAX_BYTES + 1 }, (_, bytes) => out.subarray(0, bytes))
    const walked = { wire: out, words, at: 0, ref: 0 }
    const apps = function* (): Iterable<WalkedApp> {
      for (const ref of walk.refs) {
        if (replacedAt(words, ref) !== 0 || hasRrsetsAt(words, ref)) continue
        walked.wire = wires[wireAt(words, ref, out)] ?? out
        walked.at = appWord(words, ref)
        walked.ref = ref
        yield walked
      }
    }
    return { apps: apps(), end: walk.end }
  }

  /**
   * Gives the keys of names in packed form, likewise: those with static records, or all. `null`: one that
   * is none of these was gone by, so that a long walk can be interrupted there.
   */
  keys(of: 'with-rrsets' | 'all'): {
    readonly keys: Iterable<string | null>
    readonly end: () => void
  } {
    const walk = this.#packed.walk()
    const { words } = this.#packed
    const out = Buffer.alloc(NAME_MAX_BYTES + 1)
    const keys = function* (): Iterable<string | null> {
      for (const ref of walk.refs) {
        const isOne = replacedAt(words, ref) === 0 && (of === 'all' || hasRrsetsAt(words, ref))
        yield isOne ? out.toString('latin1', 0, wireAt(words, ref, out)) : null
      }
    }
    return { keys: keys(), end: walk.end }
  }

  /** The names without a packed form, at this moment. */
  large(): readonly NameEntry[] {
    return [...this.#large.values()]
  }

  // ---- records ----

  /** Counts what is held of a name: at `ref`, or as objects. */
  #count(ref: number, key: string, by: 1 | -1): void {
    const { words } = this.#packed
    const large = this.#large.get(key)
    const hasRrsets = ref === 0 ? (large?.rrsets.length ?? 0) > 0 : hasRrsetsAt(words, ref)
    if (!hasRrsets) return
    this.#withRrsets += by
    const { hasNs, hasDname } = this.#marksOf(ref, key)
    if (hasNs || hasDname) this.#marked += by
  }

  #marksOf(ref: number, key: string): SubtreeMarks {
    if (ref === 0) return marksOf(this.#large.get(key)?.rrsets ?? noRrsets)
    const { words } = this.#packed
    return hasRrsetsAt(words, ref) ? marksAt(words, rrsetsWord(words, ref)) : noMarks
  }

  /** Writes the record of the key that was looked up last; 0 when no block has room for it. */
  #write(old: number, { app, rrsets, version }: NameEntry): number {
    const appWords = app === undefined ? 0 : packedWords(app, this.packIds)
    if (appWords === undefined) {
      this.#packed.remove(old)
      return 0
    }
    const parts = { hasRrsets: rrsets.length > 0, hasApp: app !== undefined }
    const ref = this.#packed.put(old, { words: rrsetWords(rrsets) + appWords, version, parts })
    if (ref === 0) return 0
    const { words } = this.#packed
    if (parts.hasRrsets) writeRrsets(words, rrsetsWord(words, ref), rrsets)
    if (app !== undefined) writeApp(words, appWord(words, ref), app, this.packIds)
    return ref
  }

  #heldAt(ref: number): HeldApp {
    const { words } = this.#packed
    return { words, at: appWord(words, ref), ref }
  }

  #nameAt(ref: number): Name {
    const bytes = wireAt(this.#packed.words, ref, this.#wire)
    const name = nameFromWire(this.#wire.subarray(0, bytes), 0)
    if (name === undefined) throw new RangeError('a record of a name that is none')
    return name
  }

  #rrsetsAt(ref: number): readonly WireRrset[] {
    const { words } = this.#packed
    return hasRrsetsAt(words, ref) ? readRrsets(words, rrsetsWord(words, ref)) : noRrsets
  }

  #lineAt(ref: number): JsonText {
    const { words } = this.#packed
    const parts = [JSON.stringify(this.#nameAt(ref)), String(versionAt(words, ref))]
    if (hasAppAt(words, ref)) parts.push(jsonOfApp(this.#heldAt(ref), this.packIds))
    for (const line of rrsetLines(this.#rrsetsAt(ref))) parts.push(JSON.stringify(line))
    return new JsonText(`[${parts.join(',')}]`)
  }

  #entryAt(ref: number): NameEntry {
    const { words } = this.#packed
    const state = {
      name: this.#nameAt(ref),
      version: versionAt(words, ref),
      rrsets: this.#rrsetsAt(ref),
    }
    if (!hasAppAt(words, ref)) return createEntry({ kind: 'nodata', ...state }, forever)
    const app = readApp(this.#heldAt(ref), this.packIds)
    return createEntry({ kind: 'app', ...state, app }, forever)
  }
}

const forever = { isWatched: true, expiresAt: Infinity }
const noRrsets: readonly WireRrset[] = []
const noMarks: SubtreeMarks = { hasNs: false, hasDname: false }
const nonexistent = createEntry({ kind: 'nxdomain', name: '.', version: 0 }, forever)
const emptyNonTerminal = createEntry({ kind: 'nodata', name: '.', version: 0 }, forever)
