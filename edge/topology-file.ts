import { checkDocument } from '../shared/config/check.ts'
import type { Checked } from '../shared/config/check.ts'
import { readYamlDocument } from '../shared/config/document.ts'
import { formatMistake } from '../shared/config/mistakes.ts'
import { MeridianError } from '../shared/errors.ts'
import type { Cluster } from '../shared/registry/schema.ts'
import { topologySchema } from '../shared/registry/schema.ts'

/** Reads a topology file. Throws MERIDIAN_CONFIG_INVALID with a line for each mistake. */
export function readTopologyFile(file: string): readonly Cluster[] {
  const read = readYamlDocument(file)
  const checked: Checked<{ readonly clusters: readonly Cluster[] }> = read.ok
    ? checkDocument(topologySchema, read.document)
    : read
  if (checked.ok) return checked.value.clusters
  const message = checked.mistakes.map(formatMistake).join('\n')
  throw new MeridianError('MERIDIAN_CONFIG_INVALID', message)
}

/** Returns the edge's own cluster. Throws MERIDIAN_CLUSTER_UNKNOWN when the topology lacks it. */
export function ownClusterOf(clusters: readonly Cluster[], id: string, file: string): Cluster {
  const own = clusters.find((cluster) => cluster.id === id)
  if (own !== undefined) return own
  const message = `cluster: ${id} is not among the ${clusters.length} clusters of ${file}`
  throw new MeridianError('MERIDIAN_CLUSTER_UNKNOWN', message)
}
