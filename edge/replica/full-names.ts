/**
 * Replica full: all apps, so that what is not here does not exist. Names above an app are empty
 * non-terminals; they are counted, not stored.
 *
 * Apps are held in packed form in one block of memory (`name-record.ts`), so that a million of them cost
 * about 100 MB and nothing at all in a garbage collection. The index, the allocator and the hash are
 * those of the answer table.
 *
 * What has no room there (an app with thousands of endpoints, or the memory is full) is kept as objects.
 */
import { randomFillSync } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { nameFromWire, NAME_MAX_BYTES, nameKey } from '../../shared/dns/name.ts'
import type { Name } from '../../shared/dns/name.ts'
import { JsonText } from '../../shared/snapshot-file.ts'
import { Arena } from '../table/arena.ts'
import { KeyHash } from '../table/hash.ts'
import { MULTIPLIERS, NAME, RECORD_MAX_BYTES, regionsOf, reserveBuffer } from '../table/layout.ts'
import { findRecord } from '../table/probe.ts'
import { SlotIndex } from '../table/slot-index.ts'
import { Ancestors } from './ancestors.ts'
import { PackIds } from './pack-ids.ts'
import {
  appWord,
  isFree,
  markFree,
  markReplaced,
  replacedAt,
  versionAt,
  wireAt,
  writeHead,
} from './name-record.ts'
import { createEntry } from './names.ts'
import type { EntryWalk, NameEntry, NameTable } from './names.ts'
import { packedWords, readApp, writeApp } from './packed-app.ts'
import { jsonOfApp } from './packed-json.ts'
import type { PackedApp } from './packed-app.ts'
import { appLine } from './snapshot-line.ts'

/** Address space for apps in packed form; the system gives what is used of it. */
const PACKED_MAX_BYTES = 1024 * 1024 * 1024
/** Names whose app is kept as objects beside, with their answers: those asked of the control thread. */
const RECENT_MAX = 4096
/** Slots of the index that each change moves to a larger one, while there is one. */
const STEP_SLOTS = 64

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

/** All apps that are held. */
export class FullNames implements NameTable {
  readonly packIds = new PackIds()
  readonly #words: Int32Array
  readonly #key: KeyHash
  readonly #arena: Arena
  readonly #index: SlotIndex
  /** Apps without a packed form. */
  readonly #large = new Map<string, NameEntry>()
  /** Of apps and of the apexes of zones. */
  readonly ancestors = new Ancestors()
  readonly #recent = new LRUCache<string, NameEntry>({ max: RECENT_MAX })
  /** Room for whole words. */
  readonly #wire = Buffer.alloc(NAME_MAX_BYTES + 1)
  /** Walks that are under way, for which replaced records are kept; all that were ever begun. */
  #walks = 0
  #walksBegun = 0
  #replaced: number[] = []

  constructor() {
    const regions = regionsOf(PACKED_MAX_BYTES)
    this.#words = new Int32Array(reserveBuffer(regions.totalBytes, PACKED_MAX_BYTES))
    this.#key = new KeyHash(randomFillSync(new Int32Array(MULTIPLIERS)))
    this.#arena = new Arena(this.#words, regions.arenaStart, regions.chunks)
    this.#arena.chunksLimit = regions.chunks
    this.#index = new SlotIndex(this.#words, regions, {
      reserve: () => true,
      epoch: () => 0,
      hasPassed: () => true,
    })
  }

  get size(): number {
    return this.#index.entries + this.#large.size
  }

  /** Bytes of the records in packed form, those that a walk keeps included. */
  get packedBytes(): number {
    return this.#arena.bytesInUse
  }

  get(key: string): NameEntry {
    const recent = this.#recent.get(key)
    if (recent !== undefined) return recent
    const entry = this.peek(key)
    if (entry.kind === 'app') this.#recent.set(key, entry)
    return entry
  }

  peek(key: string): NameEntry {
    const ref = this.#find(key)
    if (ref !== 0) return this.#entryAt(ref)
    return this.#large.get(key) ?? (this.ancestors.has(key) ? emptyNonTerminal : nonexistent)
  }

  versionOf(key: string): number {
    const ref = this.#find(key)
    return ref === 0 ? this.peek(key).version : versionAt(this.#words, ref)
  }

  /** The app of a name in packed form; undefined when it has none, or is none. Good until the next put. */
  packed(key: string): HeldApp | undefined {
    const ref = this.#find(key)
    return ref === 0 ? undefined : this.#heldAt(ref)
  }

  put(key: string, entry: NameEntry): void {
    this.#recent.delete(key)
    const old = this.#find(key)
    const had = old !== 0 || this.#large.delete(key)
    const ref = entry.app === undefined ? 0 : this.#write(entry.app, entry.version)
    if (ref === 0) {
      if (old !== 0) this.#index.remove(this.#key.slot)
      if (entry.kind === 'app') this.#large.set(key, entry)
    } else if (old !== 0) this.#index.replace(this.#key.slot, ref)
    else if (!this.#index.insert(this.#key.hash, ref)) {
      this.#free(ref)
      this.#large.set(key, entry)
    }
    if (old !== 0) this.#retire(old)
    this.#index.step(STEP_SLOTS)
    const has = entry.kind === 'app'
    if (had !== has) this.ancestors.count(key, has ? 1 : -1)
  }

  has(name: Name): boolean {
    const key = nameKey(name)
    return this.#find(key) !== 0 || this.#large.has(key)
  }

  // ---- walks: what is held at one moment, while it goes on changing ----

  /**
   * As `NameTable.entries`; `upTo` is the version now: what is put later has a higher one.
   */
  entries(upTo: number): EntryWalk {
    const large = [...this.#large.values()]
    const refs = this.#walk()
    const entries = function* (this: FullNames): Iterable<NameEntry> {
      yield* large
      for (const ref of refs.blocks)
        if (this.#wasThere(ref, refs.number, upTo)) yield this.#entryAt(ref)
    }
    return { entries: entries.call(this), end: refs.end }
  }

  /** As `entries`, as lines of a snapshot. */
  lines(upTo: number): { readonly lines: Iterable<unknown>; readonly end: () => void } {
    const large = [...this.#large.values()]
    const refs = this.#walk()
    const lines = function* (this: FullNames): Iterable<unknown> {
      for (const entry of large) yield appLine(entry)
      for (const ref of refs.blocks)
        if (this.#wasThere(ref, refs.number, upTo)) yield this.#lineAt(ref)
    }
    return { lines: lines.call(this), end: refs.end }
  }

  /**
   * Gives the apps in packed form, in the order of memory, each as it is when it comes; one that comes
   * or changes meanwhile may be left out, or come twice. `end` must be called in any case. Those without
   * a packed form: `large`.
   */
  apps(): { readonly apps: Iterable<WalkedApp>; readonly end: () => void } {
    const refs = this.#walk()
    const words = this.#words
    const out = Buffer.alloc(NAME_MAX_BYTES + 1)
    // One view for each length: made anew they would be garbage, one for each of a million apps.
    const wires = Array.from({ length: NAME_MAX_BYTES + 1 }, (_, bytes) => out.subarray(0, bytes))
    const walked = { wire: out, words, at: 0, ref: 0 }
    const apps = function* (this: FullNames): Iterable<WalkedApp> {
      for (const ref of refs.blocks) {
        if (replacedAt(words, ref) !== 0) continue
        walked.wire = wires[wireAt(words, ref, out)] ?? out
        walked.at = appWord(words, ref)
        walked.ref = ref
        yield walked
      }
    }
    return { apps: apps.call(this), end: refs.end }
  }

  /** The apps without a packed form, at this moment. */
  large(): readonly NameEntry[] {
    return [...this.#large.values()]
  }

  #walk(): {
    readonly number: number
    readonly blocks: Iterable<number>
    readonly end: () => void
  } {
    this.#walks++
    const number = ++this.#walksBegun
    let isOver = false
    const end = (): void => {
      if (isOver) return
      isOver = true
      if (--this.#walks > 0) return
      for (const ref of this.#replaced) this.#free(ref)
      this.#replaced = []
    }
    const blocks = this.#arena.blocks((ref) => isFree(this.#words, ref))
    return { number, blocks, end }
  }

  // ---- records ----

  #find(key: string): number {
    const bytes = this.#wire.write(key, 'latin1')
    this.#key.setName(this.#wire, 0, bytes)
    this.#key.setQuestion(0, 1, 0)
    return findRecord(this.#words, this.#index.start, this.#index.mask, this.#key)
  }

  /** Writes the record of the key that was looked up last; 0 when no block has room for it. */
  #write(app: NonNullable<NameEntry['app']>, version: number): number {
    const appWords = packedWords(app, this.packIds)
    if (appWords === undefined) return 0
    const { nameWords } = this.#key
    const bytes = 4 * (NAME + nameWords + appWords)
    const ref = bytes > RECORD_MAX_BYTES ? 0 : this.#arena.allocate(bytes)
    if (ref === 0) return 0
    const words = this.#words
    writeHead(words, ref, this.#key, version)
    writeApp(words, ref + NAME + nameWords, app, this.packIds)
    return ref
  }

  #retire(ref: number): void {
    if (this.#walks === 0) this.#free(ref)
    else {
      markReplaced(this.#words, ref, this.#walksBegun)
      this.#replaced.push(ref)
    }
  }

  #free(ref: number): void {
    markFree(this.#words, ref)
    this.#arena.free(ref)
  }

  /** Whether a record was there when a walk began, at version `upTo`. */
  #wasThere(ref: number, walk: number, upTo: number): boolean {
    const replaced = replacedAt(this.#words, ref)
    return (replaced === 0 || replaced >= walk) && versionAt(this.#words, ref) <= upTo
  }

  #heldAt(ref: number): HeldApp {
    return { words: this.#words, at: appWord(this.#words, ref), ref }
  }

  #nameAt(ref: number): Name {
    const bytes = wireAt(this.#words, ref, this.#wire)
    const name = nameFromWire(this.#wire.subarray(0, bytes), 0)
    if (name === undefined) throw new RangeError('a record of a name that is none')
    return name
  }

  #lineAt(ref: number): JsonText {
    const name = JSON.stringify(this.#nameAt(ref))
    const app = jsonOfApp(this.#heldAt(ref), this.packIds)
    return new JsonText(`[${name},${versionAt(this.#words, ref)},${app}]`)
  }

  #entryAt(ref: number): NameEntry {
    const name = this.#nameAt(ref)
    const app = readApp(this.#heldAt(ref), this.packIds)
    return createEntry({ kind: 'app', name, version: versionAt(this.#words, ref), app }, forever)
  }
}

const forever = { isWatched: true, expiresAt: Infinity }
const nonexistent = createEntry({ kind: 'nxdomain', name: '.', version: 0 }, forever)
const emptyNonTerminal = createEntry({ kind: 'nodata', name: '.', version: 0 }, forever)
