import { readFileSync } from 'node:fs'
import type { ManifestInput } from '../../shared/registry/schema.ts'
import { popsFile } from './mesh.ts'
import { isRecord } from './program.ts'

/** The clusters of the topology file, as a manifest lists them. */
export function pops(): NonNullable<ManifestInput['clusters']> {
  const topology: unknown = JSON.parse(readFileSync(popsFile, 'utf8'))
  const clusters: unknown = isRecord(topology) ? topology['clusters'] : undefined
  if (!Array.isArray(clusters)) throw new Error(`${popsFile} has no clusters`)
  return clusters.flatMap((cluster: unknown) =>
    isRecord(cluster)
      ? [
          {
            id: String(cluster['id']),
            latitude: Number(cluster['latitude']),
            longitude: Number(cluster['longitude']),
          },
        ]
      : [],
  )
}

/** A mesh of all places with one zone and the app `video.example` in three of them. */
export function sampleManifest(): ManifestInput {
  return {
    clusters: pops(),
    zones: [{ apex: 'example', ns: ['ns.example'], soa: { minimum: 60 } }],
    apps: [
      {
        name: 'video.example',
        endpoints: [
          { cluster: 'sfo', addresses: ['192.0.2.1', '192.0.2.2', '2001:db8::1'] },
          { cluster: 'lhr', addresses: ['198.51.100.1', '2001:db8::2'] },
          { cluster: 'nrt', addresses: ['203.0.113.1'] },
        ],
      },
      {
        name: 'deep.below.example',
        endpoints: [{ cluster: 'fra', addresses: ['192.0.2.77'] }],
      },
    ],
  }
}
