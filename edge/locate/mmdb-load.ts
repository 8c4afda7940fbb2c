import { openMmdb } from './mmdb-file.ts'
import { PlaceList, packPlaces, roundPlaces } from './mmdb-places.ts'
import type { PackedPlaces } from './mmdb-places.ts'
import { placeOfRecord } from './mmdb-record.ts'
import type { ClientPlace } from './place.ts'
import { walkNetworks } from './mmdb-walk.ts'
import { joinRanges, renumber } from './overlay.ts'
import { rangesBytes } from './ranges.ts'
import type { Ranges } from './ranges.ts'
import { runAtOnce } from './slices.ts'

/** The mmdb files of an edge. */
export interface MmdbFiles {
  readonly path: string
  /** A file of autonomous systems beside it. */
  readonly asnPath?: string | undefined
}

/** What is taken of the files at most. */
export interface MmdbBounds {
  /** Of one file. */
  readonly fileMaxBytes: number
  /** Networks of one file. */
  readonly networksMax: number
  /** Different places, as they stand in the files. */
  readonly rawPlacesMax: number
  /** Different places, when coordinates are rounded. */
  readonly placesMax: number
  /** Memory of all ranges. */
  readonly rangesMaxBytes: number
}

/** What the files say of all addresses. */
export interface MmdbData {
  /** Numbers are those of `places`, from 1. */
  readonly ranges: Ranges
  readonly places: PackedPlaces
  /** What coordinates were rounded to; 0: they are as they were. */
  readonly roundedDegrees: number
  /** Networks in the files. */
  readonly networks: number
  /** When the first file was built, by its metadata. */
  readonly buildEpochMs: number
}

export type LoadedMmdb =
  { readonly ok: true; readonly data: MmdbData } | { readonly ok: false; readonly reason: string }

/** What is refused is thrown, and given back by `loadMmdb`. */
class Refusal extends Error {}

/**
 * Reads mmdb files whole. Takes seconds for large ones, and does not yield: for a thread of its own. The
 * reason of a refusal names option and file.
 */
export function loadMmdb(files: MmdbFiles, bounds: MmdbBounds): LoadedMmdb {
  try {
    const first = loadFile('clients.mmdb.path', files.path, bounds)
    if (files.asnPath === undefined) return { ok: true, data: finishData(first, bounds) }
    const second = loadFile('clients.mmdb.asnPath', files.asnPath, bounds)
    return { ok: true, data: finishData(joinFiles(first, second, bounds), bounds) }
  } catch (err) {
    if (err instanceof Refusal) return { ok: false, reason: err.message }
    throw err
  }
}

/** What one file says, or two together. */
interface Loaded {
  /** What it is called in a refusal. */
  readonly name: string
  readonly places: readonly ClientPlace[]
  readonly ranges: Ranges
  readonly networks: number
  readonly buildEpochMs: number
}

function loadFile(option: string, file: string, bounds: MmdbBounds): Loaded {
  const name = `${option}: ${file}`
  const opened = openMmdb(file, bounds.fileMaxBytes)
  if (!opened.ok) throw new Refusal(`${name} ${opened.reason}`)
  const list = new PlaceList()
  const numberOf = (record: object): number => {
    const place = placeOfRecord(record)
    const number = place === undefined ? 0 : list.numberOf(place)
    requirePlaces(name, list, bounds)
    return number
  }
  const networks = { count: 0, max: bounds.networksMax }
  const walked = walkNetworks(opened.file, numberOf, networks)
  if (!walked.ok) throw new Refusal(`${name} ${walked.reason}`)
  const { places } = list
  if (places.length === 0) {
    throw new Refusal(
      `${name} says of no network where it is; a City, Country or ASN file is wanted`,
    )
  }
  return {
    name,
    places,
    ranges: walked.ranges,
    networks: networks.count,
    buildEpochMs: opened.file.buildEpochMs,
  }
}

/** Adds what the second file says of autonomous systems to what the first one says. */
function joinFiles(first: Loaded, second: Loaded, bounds: MmdbBounds): Loaded {
  const name = `${first.name} with ${second.name}`
  const list = new PlaceList()
  const known = new Map<number, number>()
  const numberOf = (a: number, b: number): number => {
    if (a === 0 && b === 0) return 0
    const pair = a * (second.places.length + 1) + b
    let number = known.get(pair)
    if (number === undefined) {
      const asn = second.places[b - 1]?.asn
      const place = { ...first.places[a - 1], ...(asn !== undefined && { asn }) }
      number = Object.keys(place).length === 0 ? 0 : list.numberOf(place)
      requirePlaces(name, list, bounds)
      known.set(pair, number)
    }
    return number
  }
  return {
    name,
    ranges: runAtOnce(joinRanges(first.ranges, second.ranges, numberOf)),
    places: list.places,
    networks: first.networks + second.networks,
    buildEpochMs: first.buildEpochMs,
  }
}

function finishData(loaded: Loaded, bounds: MmdbBounds): MmdbData {
  const { name, networks, buildEpochMs } = loaded
  const rounded = roundPlaces(loaded.places, bounds.placesMax)
  if (rounded === undefined) {
    throw new Refusal(
      `${name}: more than ${bounds.placesMax} different places, even with coordinates rounded to 2°`,
    )
  }
  const ranges = runAtOnce(renumber(loaded.ranges, rounded.numbers))
  const bytes = rangesBytes(ranges)
  if (bytes > bounds.rangesMaxBytes) {
    throw new Refusal(
      `${name}: ${bytes} bytes of ranges, clients.maxBytes leaves room for ${bounds.rangesMaxBytes}`,
    )
  }
  const places = packPlaces(rounded.places)
  return { ranges, places, roundedDegrees: rounded.degrees, networks, buildEpochMs }
}

function requirePlaces(name: string, { places }: PlaceList, { rawPlacesMax }: MmdbBounds): void {
  if (places.length <= rawPlacesMax) return
  throw new Refusal(`${name}: more than ${rawPlacesMax} different places`)
}
