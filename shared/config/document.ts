import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { Alias, Document, Node, Pair, Scalar, YAMLError, YAMLMap } from 'yaml'
import { readBounded } from './bounded-read.ts'
import { mistakeAt, type Mistake, type Place, type Source } from './mistakes.ts'
import { formatPath, isSecretPath, type Path } from './path.ts'
import { expandReferences, parseScalar, type ReferenceSources } from './reference.ts'

/** The size of a config file, a manifest or a topology file. */
export const DOCUMENT_MAX_BYTES = 16 * 1024 * 1024
/** How deep mappings and lists may lie in each other; what we read needs six levels. */
const DOCUMENT_DEPTH_MAX = 64
/** Values that aliases (`*name`) may add to a document: against lists that double by each alias. */
export const ALIASED_VALUES_MAX = 100_000

/**
 * What to do with references in scalars: `keep` leaves the text alone (a manifest is plain data, may
 * come from somebody else, and must not be able to read files), `accept` checks only how they are
 * written, and sources expand them.
 */
export type ReferenceMode = 'keep' | 'accept' | ReferenceSources

/** A YAML document as a value, with the place of every part of it. */
export interface SourceDocument extends Source {
  /** How mistakes name the document. */
  readonly file: string
  /** What is wrong in the document itself: keys that stand twice, references that lead nowhere. */
  readonly mistakes: readonly Mistake[]
  /** Paths (of `formatPath`) whose value is not known; what a schema says of them means nothing. */
  readonly unknownValues: ReadonlySet<string>
  /** By path: the text of scalars that a reference made a number or boolean of. */
  readonly rawTexts: ReadonlyMap<string, string>
}

export type ReadDocument =
  | { readonly ok: true; readonly document: SourceDocument }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] }

/** Reads a YAML (so also JSON) file of at most `DOCUMENT_MAX_BYTES`. */
export function readYamlDocument(file: string, references: ReferenceMode = 'keep'): ReadDocument {
  const read = readBounded(file, DOCUMENT_MAX_BYTES)
  if (read.ok) return parseYamlDocument(file, read.text, references)
  return { ok: false, mistakes: [{ file, path: '', wanted: read.wanted }] }
}

/** Parses YAML text; `file` is how mistakes name it. */
export function parseYamlDocument(
  file: string,
  text: string,
  references: ReferenceMode = 'keep',
): ReadDocument {
  const lineCounter = new LineCounter()
  const parsed = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    uniqueKeys: false, // Found below, where the key can be named.
    // Not silent: that would also take a second document for nothing.
    logLevel: 'error',
  })
  const placeAt = (off: number | undefined): Place => {
    if (off === undefined) return { file }
    const { line, col } = lineCounter.linePos(off)
    return { file, line: Math.max(1, line), column: Math.max(1, col) }
  }
  if (parsed.errors.length > 0) {
    const mistakes = parsed.errors.map((err) => ({
      ...placeAt(err.pos[0]),
      path: '',
      wanted: `not YAML: ${syntaxReason(err)}`,
    }))
    return { ok: false, mistakes }
  }
  return { ok: true, document: new Reader(file, parsed, references, placeAt).read() }
}

/** The parser quotes the text that it stumbled over, which may be a secret: the quotes are cut. */
function syntaxReason(err: YAMLError): string {
  if (err.code === 'MULTIPLE_DOCS') return 'more than one document in the file'
  return err.message.replaceAll(/:? "(?:[^"\\]|\\.)*"/g, '').replace(/^[A-Z](?=[a-z])/, (first) => {
    return first.toLowerCase()
  })
}

const plainTags = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
)

/** Walks the nodes of one document in their order and makes a plain value of them. */
class Reader {
  readonly #file: string
  readonly #parsed: Document.Parsed
  readonly #references: ReferenceMode
  readonly #placeAt: (off: number | undefined) => Place
  readonly #anchors = new Map<string, Node>()
  readonly #targets = new Map<Alias, Node>()
  readonly #open = new Set<Node>()
  /** Values that are wrong, shown with the value. */
  readonly #found: { path: Path; wanted: string }[] = []
  /** What is wrong with keys, shown at the key. */
  readonly #keyMistakes: Mistake[] = []
  readonly #unknownValues = new Set<string>()
  readonly #rawTexts = new Map<string, string>()
  readonly #hidden = new Set<string>()
  #aliasDepth = 0
  #aliasedValues = 0

  constructor(
    file: string,
    parsed: Document.Parsed,
    references: ReferenceMode,
    placeAt: (off: number | undefined) => Place,
  ) {
    this.#file = file
    this.#parsed = parsed
    this.#references = references
    this.#placeAt = placeAt
  }

  read(): SourceDocument {
    const value = this.#convert(this.#parsed.contents, [])
    const source: Source = {
      value,
      placeOf: (path) => this.#placeAt(this.#offsetOf(path)),
      placeOfKey: (path, key) => this.#placeAt(this.#keyOffsetOf(path, key)),
      isHidden: (path) => isSecretPath(path) || this.#hidden.has(formatPath(path)),
    }
    const found = this.#found.map(({ path, wanted }) => mistakeAt(source, path, wanted))
    return {
      ...source,
      file: this.#file,
      mistakes: [...this.#keyMistakes, ...found],
      unknownValues: this.#unknownValues,
      rawTexts: this.#rawTexts,
    }
  }

  // ---- values ----

  #convert(node: unknown, path: Path): unknown {
    if (!isNode(node)) return null
    if (path.length > DOCUMENT_DEPTH_MAX) {
      return this.#refuse(path, `lies deeper than ${DOCUMENT_DEPTH_MAX} levels`)
    }
    if (this.#aliasDepth > 0 && ++this.#aliasedValues > ALIASED_VALUES_MAX) {
      // Said once: every further value is over the bound too.
      if (this.#aliasedValues > ALIASED_VALUES_MAX + 1) return this.#unknown(path)
      return this.#refuse(path, `is over the ${ALIASED_VALUES_MAX} values that aliases may add`)
    }
    if (isAlias(node)) return this.#convertAlias(node, path)
    if (node.tag !== undefined && !plainTags.has(node.tag)) {
      return this.#refuse(path, `has the tag ${node.tag}, which is not understood`)
    }
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node)
    if (isScalar(node)) return this.#convertScalar(node, path)
    this.#open.add(node)
    let value: unknown = null
    if (isSeq(node)) value = node.items.map((item, i) => this.#convert(item, [...path, i]))
    else if (isMap(node)) value = this.#convertMap(node, path)
    this.#open.delete(node)
    return value
  }

  #convertAlias(alias: Alias, path: Path): unknown {
    const target = this.#anchors.get(alias.source)
    if (target === undefined) return this.#refuse(path, 'is an alias of an anchor that is not set')
    if (this.#open.has(target)) return this.#refuse(path, 'is an alias of what it stands in')
    this.#targets.set(alias, target)
    this.#aliasDepth++
    const value = this.#convert(target, path)
    this.#aliasDepth--
    return value
  }

  #convertMap(map: YAMLMap, path: Path): unknown {
    const entries = new Map<string, unknown>()
    const places = new Map<string, Place>()
    for (const pair of map.items) {
      const key = keyOf(pair)
      const place = this.#placeAt(offsetOfNode(pair.key) ?? offsetOfNode(map))
      if (key === undefined) {
        const wanted = 'a key is not a plain word'
        this.#keyMistakes.push({ ...place, path: formatPath(path), wanted })
        continue
      }
      const first = places.get(key)
      if (first !== undefined) {
        const wanted = `duplicate key \`${key}\`, it already stands in line ${first.line}`
        this.#keyMistakes.push({ ...place, path: formatPath(path), wanted })
        continue
      }
      places.set(key, place)
      entries.set(key, this.#convert(pair.value, [...path, key]))
    }
    // Not by assignment: a key `__proto__` is to be an unknown key like others.
    return Object.fromEntries(entries)
  }

  #convertScalar(scalar: Scalar, path: Path): unknown {
    const { value } = scalar
    if (typeof value !== 'string' || this.#references === 'keep') return value
    const isAccepting = this.#references === 'accept'
    const expanded = expandReferences(value, isAccepting ? accepting : this.#references)
    if (expanded.isSecret) this.#hidden.add(formatPath(path))
    if (expanded.mistakes.length > 0) {
      for (const wanted of expanded.mistakes) this.#found.push({ path, wanted })
      this.#unknown(path)
      return value
    }
    if (isAccepting && expanded.references > 0) return this.#unknown(path)
    // A quoted scalar says that it is a string.
    if (!expanded.isWholeEnv || scalar.type !== 'PLAIN') return expanded.text
    const parsed = parseScalar(expanded.text)
    if (typeof parsed !== 'string') this.#rawTexts.set(formatPath(path), expanded.text)
    return parsed
  }

  #refuse(path: Path, wanted: string): unknown {
    this.#found.push({ path, wanted })
    return this.#unknown(path)
  }

  #unknown(path: Path): undefined {
    this.#unknownValues.add(formatPath(path))
    return undefined
  }

  // ---- places ----

  /** Where the value at `path` stands; when it is missing, the nearest that should hold it. */
  #offsetOf(path: Path): number | undefined {
    let node: unknown = this.#parsed.contents
    let off = offsetOfNode(node) ?? 0
    for (const part of path) {
      const inner = this.#step(node, part)
      if (inner === undefined) return off
      off = offsetOfNode(inner.value) ?? offsetOfNode(inner.key) ?? off
      node = inner.value
    }
    return off
  }

  #keyOffsetOf(path: Path, key: string): number | undefined {
    let node: unknown = this.#parsed.contents
    for (const part of path) node = this.#step(node, part)?.value
    return offsetOfNode(this.#step(node, key)?.key) ?? this.#offsetOf(path)
  }

  #step(from: unknown, part: string | number): { key?: unknown; value: unknown } | undefined {
    const node = isAlias(from) ? this.#targets.get(from) : from
    if (typeof part === 'number') return isSeq(node) ? { value: node.items[part] } : undefined
    return isMap(node) ? node.items.find((pair) => keyOf(pair) === part) : undefined
  }
}

const accepting: ReferenceSources = {
  env: new Proxy({}, { get: () => '' }),
  readFile: () => ({ ok: true, text: '' }),
}

function keyOf(pair: Pair): string | undefined {
  const key = isScalar(pair.key) ? pair.key.value : undefined
  return typeof key === 'string' || typeof key === 'number' || typeof key === 'boolean'
    ? String(key)
    : undefined
}

function offsetOfNode(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined
}
