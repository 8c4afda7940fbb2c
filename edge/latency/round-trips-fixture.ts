import { clusterSchema } from '../../shared/registry/schema.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import { ManualTime } from '../health/prober-fixture.ts'
import { createTopology } from '../steer/topology.ts'
import type { Topology } from '../steer/topology.ts'
import { Xorshift } from '../table/xorshift.ts'
import type { Handshake, HandshakeResult } from './handshake.ts'
import { latencyOptionsSchema } from './options.ts'
import type { LatencyOptions } from './options.ts'
import type { Published } from './publication.ts'
import { RoundTrips } from './round-trips.ts'

/** Chance with a seed: a failure can be repeated. */
export function seededRandom(seed: number): () => number {
  const dice = new Xorshift(seed)
  return () => (dice.next() >>> 0) / 2 ** 32
}

/** A cluster on the equator, so many degrees east of the edge. */
export function clusterAt(id: string, longitude: number, addresses: readonly string[]): Cluster {
  return clusterSchema.parse({ id, latitude: 0, longitude, addresses })
}

/** What an edge on the equator sees of clusters. */
export function topologyOf(...clusters: readonly Cluster[]): Topology {
  return createTopology(clusterAt('own', 0, []), clusters)
}

/** A handshake whose results the test gives: what `answer` says, or none before it is called off. */
class FakeHandshakes {
  /** Each one: when it was begun, and with which address. */
  readonly begun: { readonly at: number; readonly address: string }[] = []
  running = 0
  runningMost = 0
  answer: (address: string) => number | HandshakeResult | Promise<number> | undefined = () => 10
  readonly #time: ManualTime

  constructor(time: ManualTime) {
    this.#time = time
  }

  readonly try: Handshake = async ({ address }, signal) => {
    this.begun.push({ at: this.#time.clock.nowMs(), address })
    this.running++
    this.runningMost = Math.max(this.runningMost, this.running)
    try {
      const answer = await (this.answer(address) ?? untilAborted(signal))
      return typeof answer === 'number' ? { ok: true, ms: answer } : answer
    } finally {
      this.running--
    }
  }
}

function untilAborted(signal: AbortSignal): Promise<HandshakeResult> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve({ ok: false, detail: 'too late' }))
  })
}

/** Round trips over a fake network, in manual time. */
export function createFixture({
  options = {},
  random = (): number => 0.5,
}: {
  readonly options?: Partial<LatencyOptions>
  readonly random?: () => number
} = {}) {
  const time = new ManualTime()
  const network = new FakeHandshakes(time)
  /** All that was handed on, and when. */
  const handedOn: { readonly at: number; readonly published: Published }[] = []
  const roundTrips = new RoundTrips({
    options: latencyOptionsSchema.parse(options),
    clock: time.clock,
    random,
    onChange: (published) => handedOn.push({ at: time.clock.nowMs(), published }),
    handshake: network.try,
    setTimer: time.setTimer,
  })
  return { time, network, handedOn, roundTrips }
}
