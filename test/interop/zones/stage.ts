import type { Name } from '../../../shared/dns/name.ts'
import { TestFolder } from '../../support/mesh.ts'
import type { Peer } from '../peer.ts'
import { startKnot, startNsd, writeZones } from './peers.ts'
import type { ZoneFile } from './peers.ts'
import { recordText } from './reply.ts'
import type { World } from './world.ts'
import type { MadeZone } from './zone-maker.ts'

/** Zones as they are at one time, and what is known of them; NSD and Knot serve them. */
export class Stage {
  readonly zones: readonly MadeZone[]
  readonly apexes: readonly Name[]
  /** The texts of all records. */
  readonly records: ReadonlySet<string>
  readonly files: readonly ZoneFile[]
  readonly #folder = new TestFolder()
  #nsd: Peer | undefined
  #knot: Peer | undefined

  constructor(worlds: readonly World[]) {
    this.zones = worlds.flatMap(({ zones }) => zones)
    this.apexes = this.zones.map(({ apex }) => apex)
    this.records = new Set(this.zones.flatMap(({ records }) => records.map(recordText)))
    this.files = writeZones(this.#folder, this.zones)
  }

  get nsd(): Peer {
    if (this.#nsd === undefined) throw new Error('NSD is not running')
    return this.#nsd
  }

  get knot(): Peer {
    if (this.#knot === undefined) throw new Error('Knot is not running')
    return this.#knot
  }

  /** The config of Knot, once it is running. */
  get knotConfig(): string {
    return this.#folder.file('knot.conf')
  }

  async start(): Promise<void> {
    ;[this.#nsd, this.#knot] = await Promise.all([
      startNsd(this.#folder, this.files),
      startKnot(this.#folder, this.files),
    ])
  }

  async end(): Promise<void> {
    await Promise.all([this.#nsd?.end(), this.#knot?.end()])
    this.#folder.remove()
  }
}
