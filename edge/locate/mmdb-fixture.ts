/**
 * Writes mmdb files (MaxMind DB file format 2.0), for tests: a binary tree over the bits of addresses,
 * 16 octets of 0, the data, the marker, the metadata.
 */
import { parsePrefix } from '../../shared/geo/prefix.ts'

/** A value as it stands in the data. Numbers that are whole are unsigned, others doubles. */
export type MmdbValue =
  string | number | boolean | Double | readonly MmdbValue[] | { readonly [key: string]: MmdbValue }

/** A number that is written as a double, though it may be whole. */
export class Double {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }
}

export interface MmdbOptions {
  readonly recordSize?: 24 | 28 | 32
  readonly ipVersion?: 4 | 6
  /** Whether Teredo, 6to4 and mapped addresses lead to the networks of IPv4, as MaxMind has it. */
  readonly hasAliases?: boolean
  readonly metadata?: Readonly<Record<string, MmdbValue>>
}

/** A node of the tree: what follows a bit of 0, and of 1: a node, the place of a record, or nothing. */
type Node = [Node | number | undefined, Node | number | undefined]

/** Writes a file with these networks; a longer prefix goes over a shorter one. */
export function writeMmdb(
  networks: readonly (readonly [prefix: string, record: MmdbValue])[],
  options: MmdbOptions = {},
): Buffer {
  const { recordSize = 28, ipVersion = 6, hasAliases = ipVersion === 6, metadata = {} } = options
  const data = new DataSection()
  const root: Node = [undefined, undefined]
  const entries = networks.map(([text, record]) => {
    const parsed = parsePrefix(text)
    if (!parsed.ok) throw new TypeError(`${text} ${parsed.reason}`)
    const { family, words, bits } = parsed.prefix
    const before = ipVersion === 6 && family === 4 ? 96 : 0
    const bitAt = (i: number): 0 | 1 => {
      const at = i - before
      return at >= 0 && (((words[at >> 5] ?? 0) >>> (31 - (at & 31))) & 1) === 1 ? 1 : 0
    }
    return { bitAt, bits: before + bits, offset: data.offsetOf(record) }
  })
  entries.sort((a, b) => a.bits - b.bits)
  for (const { bitAt, bits, offset } of entries) insert(root, bitAt, bits, offset)
  if (hasAliases) {
    const ipv4 = find(root, () => 0, 96)
    for (const text of ['::ffff:0:0/96', '2001::/32', '2002::/16']) addAlias(root, text, ipv4)
  }
  const { tree, nodeCount } = writeTree(root, recordSize)
  const described = encodeWhole({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_700_000_000,
    database_type: 'Test',
    description: { en: 'for tests' },
    ip_version: ipVersion,
    languages: ['en'],
    node_count: nodeCount,
    record_size: recordSize,
    ...metadata,
  })
  const marker = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1')
  return Buffer.concat([tree, Buffer.alloc(16), data.bytes, marker, described])
}

/** The record of GeoIP City at a place. */
export function cityRecord(
  latitude: number,
  longitude: number,
  country: string,
  region?: string,
): MmdbValue {
  return {
    city: { names: { en: 'Somewhere', de: 'Irgendwo' }, geoname_id: 1 },
    country: { iso_code: country, names: { en: 'A country' } },
    location: {
      accuracy_radius: 20,
      latitude: new Double(latitude),
      longitude: new Double(longitude),
    },
    ...(region !== undefined && { subdivisions: [{ iso_code: region }] }),
  }
}

function insert(root: Node, bitAt: (i: number) => 0 | 1, bits: number, offset: number): void {
  let node = root
  for (let i = 0; i < bits - 1; i++) {
    const bit = bitAt(i)
    let next = node[bit]
    // What was one network is cut in two.
    if (typeof next !== 'object') node[bit] = next = [next, next]
    node = next
  }
  node[bitAt(bits - 1)] = offset
}

function find(root: Node, bitAt: (i: number) => 0 | 1, bits: number): Node | number | undefined {
  let node: Node | number | undefined = root
  for (let i = 0; i < bits && typeof node === 'object'; i++) node = node[bitAt(i)]
  return node
}

function addAlias(root: Node, text: string, target: Node | number | undefined): void {
  // The parser refuses mapped addresses; their words are known.
  const parsed = parsePrefix(text)
  const words = parsed.ok ? parsed.prefix.words : [0, 0, 0xffff, 0]
  const bits = Number(text.split('/')[1])
  const bitAt = (i: number): 0 | 1 => (((words[i >> 5] ?? 0) >>> (31 - (i & 31))) & 1 ? 1 : 0)
  insert(root, bitAt, bits, 0)
  let node = root
  for (let i = 0; i < bits - 1; i++) {
    const next = node[bitAt(i)]
    if (typeof next !== 'object') throw new TypeError('unreachable')
    node = next
  }
  node[bitAt(bits - 1)] = target
}

function writeTree(
  root: Node,
  recordSize: 24 | 28 | 32,
): { readonly tree: Buffer; readonly nodeCount: number } {
  const numbers = new Map<Node, number>([[root, 0]])
  const nodes = [root]
  for (const node of nodes) {
    for (const next of node) {
      // A node that an alias leads to is written once.
      if (typeof next === 'object' && !numbers.has(next)) numbers.set(next, nodes.push(next) - 1)
    }
  }
  const tree = Buffer.alloc((nodes.length * recordSize) / 4)
  const recordOf = (next: Node | number | undefined): number => {
    if (next === undefined) return nodes.length
    return typeof next === 'number' ? nodes.length + 16 + next : (numbers.get(next) ?? 0)
  }
  nodes.forEach(([zero, one], i) => {
    const left = recordOf(zero)
    const right = recordOf(one)
    const at = (i * recordSize) / 4
    if (recordSize === 32) {
      tree.writeUInt32BE(left, at)
      tree.writeUInt32BE(right, at + 4)
      return
    }
    tree.writeUIntBE(left & 0xff_ffff, at, 3)
    tree.writeUIntBE(right & 0xff_ffff, at + (recordSize === 28 ? 4 : 3), 3)
    if (recordSize === 28) tree[at + 3] = ((left >>> 24) << 4) | (right >>> 24)
  })
  return { tree, nodeCount: nodes.length }
}

/** The data: each value that is not small stands there once, and is pointed to. */
class DataSection {
  readonly #chunks: Buffer[] = []
  readonly #offsets = new Map<string, number>()
  #length = 0

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  /** The place of a value, which is written if it is not there. */
  offsetOf(value: MmdbValue): number {
    const key = JSON.stringify(value)
    const known = this.#offsets.get(key)
    if (known !== undefined) return known
    const encoded = encode(value, (inner) => this.#inner(inner))
    const offset = this.#length
    this.#chunks.push(encoded)
    this.#length += encoded.length
    this.#offsets.set(key, offset)
    return offset
  }

  /** A value within another: what is a structure stands elsewhere, and here a pointer to it. */
  #inner(value: MmdbValue): Buffer {
    if (typeof value !== 'object' || value instanceof Double) return encodeWhole(value)
    const pointer = Buffer.alloc(5)
    pointer[0] = (1 << 5) | (3 << 3)
    pointer.writeUInt32BE(this.offsetOf(value), 1)
    return pointer
  }
}

/** A value with all that is in it, without pointers. */
function encodeWhole(value: MmdbValue): Buffer {
  return encode(value, encodeWhole)
}

function encode(value: MmdbValue, encodeInner: (inner: MmdbValue) => Buffer): Buffer {
  if (typeof value === 'string') {
    const text = Buffer.from(value)
    return Buffer.concat([control(2, text.length), text])
  }
  if (typeof value === 'boolean') return control(14, value ? 1 : 0)
  if (value instanceof Double || (typeof value === 'number' && !Number.isInteger(value))) {
    const bytes = Buffer.alloc(8)
    bytes.writeDoubleBE(value instanceof Double ? value.value : value)
    return Buffer.concat([control(3, 8), bytes])
  }
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(value)
    return Buffer.concat([control(6, 4), bytes])
  }
  if (isList(value)) return Buffer.concat([control(11, value.length), ...value.map(encodeInner)])
  const pairs = Object.entries(value)
  const inner = pairs.flatMap(([key, item]) => [encodeWhole(key), encodeInner(item)])
  return Buffer.concat([control(7, pairs.length), ...inner])
}

function isList(value: MmdbValue): value is readonly MmdbValue[] {
  return Array.isArray(value)
}

/** The octets before a value: its type and its size. */
function control(type: number, size: number): Buffer {
  const inFirst = size < 29 ? size : size < 285 ? 29 : 30
  const first = ((type > 7 ? 0 : type) << 5) | inFirst
  const extended = type > 7 ? [type - 7] : []
  const more = size < 29 ? [] : size < 285 ? [size - 29] : [(size - 285) >> 8, (size - 285) & 255]
  return Buffer.from([first, ...extended, ...more])
}
