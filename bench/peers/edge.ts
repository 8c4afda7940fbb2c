import { loadBatchSockets } from '../../shared/native/batch-socket.ts'
import { BenchCentral } from '../mesh/central.ts'
import { BenchEdge } from '../mesh/edge.ts'
import { BenchFolder } from '../mesh/folder.ts'
import { appsManifest, groundManifest } from '../mesh/workload.ts'
import type { Peer } from './peer.ts'

/** The cluster that the edges belong to. */
export const CLUSTER = 'sfo'

/** This edge with one data thread. */
export const edge: Peer = createEdge('edge', 1)
/** With two, on the same core as the one. */
export const edgeOfTwo: Peer = createEdge('edge (2 threads)', 2)
/** Over node:dgram, as where the addon cannot be built. */
export const edgeOverDgram: Peer = createEdge('edge (dgram)', 0)

function createEdge(name: string, threads: number): Peer {
  return {
    name,
    kind: 'edge',
    find: () => {
      const sockets = threads === 0 ? undefined : loadBatchSockets()
      const missing = sockets?.ok === false ? sockets.reason : undefined
      return Promise.resolve(missing === undefined ? { version: 'this checkout' } : { missing })
    },
    start: async ({ clusters, apps, cpus }) => {
      const folder = new BenchFolder()
      const central = new BenchCentral(folder, cpus.load === undefined ? {} : { cpu: cpus.load })
      const running = new BenchEdge(folder, {
        cluster: CLUSTER,
        replica: 'full',
        threads,
        ...(cpus.server === undefined ? {} : { cpu: cpus.server }),
      })
      const end = async (): Promise<void> => {
        await running.end()
        await central.end()
        folder.remove()
      }
      try {
        await central.start()
        await central.apply({ ...groundManifest(clusters), ...appsManifest(apps) })
        await running.start(central.grpc)
        await running.holds(apps.length)
        return { dns: running.dns, usage: () => running.usage(), end }
      } catch (err) {
        await end()
        throw err
      }
    },
  }
}
