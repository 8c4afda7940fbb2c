import { credentials } from '@grpc/grpc-js'
import { systemClock } from '../../shared/clock.ts'
import type { HealthState__Output as HealthStateName } from '../../shared/rpc/generated/meridian/v1/HealthState.ts'
import type { WatchResponse__Output } from '../../shared/rpc/generated/meridian/v1/WatchResponse.ts'
import { loadProto, PROTOCOL_VERSION } from '../../shared/rpc/proto.ts'

/** What one change told of an endpoint, and when. */
interface Told {
  readonly state: HealthStateName
  readonly atEpochMs: number
  readonly acceptedEpochMs: number
}

/** Edges that only listen: streams of Watch over connections of their own, which acknowledge. */
export class Watchers {
  readonly #watchers: { readonly told: Told[]; readonly close: () => void }[] = []

  /** Opens as many, each with a full replica. Resolves when all have the state. */
  static async open(central: string, count: number, cluster: string): Promise<Watchers> {
    const all = new Watchers()
    await Promise.all(Array.from({ length: count }, (_, i) => all.#open(central, i, cluster)))
    return all
  }

  #open(central: string, number: number, cluster: string): Promise<void> {
    const { Sync } = loadProto().meridian.v1
    // As many connections as edges would have.
    const client = new Sync(central, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
    })
    const stream = client.watch()
    const told: Told[] = []
    const close = (): void => {
      stream.cancel()
      client.close()
    }
    this.#watchers.push({ told, close })
    stream.write({
      hello: {
        protocol: PROTOCOL_VERSION,
        edgeId: `listens-${number}`,
        clusterId: cluster,
        replica: 'FULL',
      },
    })
    return new Promise((resolve, reject) => {
      stream.on('error', reject)
      stream.on('data', ({ part, change }: WatchResponse__Output) => {
        const version = change?.version ?? (part?.last === true ? part.change?.version : undefined)
        if (version === undefined) return
        stream.write({ ack: { version } })
        resolve()
        for (const { app } of change?.names ?? []) {
          for (const { health } of app?.endpoints.slice(0, 1) ?? []) {
            const { acceptedEpochMs = 0 } = change ?? {}
            told.push({ state: health, atEpochMs: systemClock.epochMs(), acceptedEpochMs })
          }
        }
      })
    })
  }

  /** From central accepting that an endpoint is so until the last was told, in ms; undefined: not all yet. */
  spreadMs(state: HealthStateName): number | undefined {
    let longest = 0
    for (const { told } of this.#watchers) {
      const one = told.findLast((each) => each.state === state)
      if (one === undefined) return undefined
      longest = Math.max(longest, one.atEpochMs - one.acceptedEpochMs)
    }
    return longest
  }

  /** Forgets what was told. */
  clear(): void {
    for (const { told } of this.#watchers) told.length = 0
  }

  close(): void {
    for (const { close } of this.#watchers) close()
  }
}
