import { afterAll, beforeAll } from 'vitest'
import type { ManifestInput } from '../../shared/registry/schema.ts'
import { sampleManifest } from '../support/manifests.ts'
import { CentralUnderTest, EdgeUnderTest, TestFolder } from '../support/mesh.ts'

/** A central and one edge, real processes; they run while the tests of a file do. */
export interface ServedMesh {
  readonly folder: TestFolder
  readonly central: CentralUnderTest
  readonly edge: EdgeUnderTest
}

/**
 * Starts a central and the edge `sfo` before the tests of the calling file or `describe`, and ends
 * them after. `edgeConfig` goes over what an edge of the tests has by default.
 */
export function serveMesh(edgeConfig: Readonly<Record<string, unknown>> = {}): ServedMesh {
  const folder = new TestFolder()
  const central = new CentralUnderTest(folder)
  const edge = new EdgeUnderTest(folder, 'sfo', () => central.grpc, edgeConfig)
  beforeAll(async () => {
    await central.start()
    await Promise.all([central.apply(conformanceManifest()), edge.start()])
    await edge.connected()
    await edge.answers('video.example', '192.0.2.1 192.0.2.2')
  })
  afterAll(async () => {
    await edge.end()
    // A test may have stopped it.
    central.program?.process.kill('SIGCONT')
    await central.end()
    folder.remove()
  })
  return { folder, central, edge }
}

/** Addresses of `many.example`: the answer has 926 octets, with OPT 937. */
export const manyAddresses = Array.from({ length: 32 }, (_, i) => `2001:db8::${i + 1}`)

/** A name of 255 octets in wire form, the most there can be (RFC 1035 §2.3.4). */
export const longestName = [...['a', 'b', 'c'].map((letter) => letter.repeat(63)), 'd'.repeat(53)]
  .concat('example')
  .join('.')

/** Name servers of `wide.test`, too long together for 1232 octets. */
export const wideNameServers = Array.from(
  { length: 13 },
  (_, i) => `${'n'.repeat(60)}.${'s'.repeat(60)}.ns${i}.example`,
)

/** The sample mesh and what the tests of single rules need beside it. */
function conformanceManifest(): ManifestInput {
  const sample = sampleManifest()
  return {
    ...sample,
    zones: [
      ...(sample.zones ?? []),
      { apex: 'wide.test', ns: wideNameServers },
      { apex: 'inner.example', ns: ['ns.example'] },
      // The TTL of the SOA is the lesser one here; in `example` it is MINIMUM.
      { apex: 'short.test', ns: ['ns.example'], soa: { ttl: 20, minimum: 60 } },
      { apex: 'forgotten.test', ns: ['ns.example'], soa: { minimum: 0 } },
    ],
    apps: [
      ...(sample.apps ?? []),
      { name: 'many.example', endpoints: [{ cluster: 'sfo', addresses: manyAddresses }] },
      { name: longestName, endpoints: [{ cluster: 'sfo', addresses: ['192.0.2.3'] }] },
      // `@` and `[` differ from the backquote and `{` in the bit by which cases of letters differ.
      {
        name: String.raw`\064\091.example`,
        endpoints: [{ cluster: 'sfo', addresses: ['192.0.2.4'] }],
      },
      { name: 'app.inner.example', endpoints: [{ cluster: 'sfo', addresses: ['192.0.2.5'] }] },
      {
        name: 'service.example',
        service: { alpn: ['h2', 'h3'] },
        endpoints: [{ cluster: 'sfo', addresses: ['192.0.2.6', '2001:db8::6'], port: 8443 }],
      },
      { name: 'alias.example', endpoints: [{ cluster: 'sfo', target: 'video.example' }] },
    ],
  }
}
