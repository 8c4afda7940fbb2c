/** What a file can be that `meridian config check` reads. */
export const documentKinds = ['central', 'edge', 'manifest', 'topology'] as const

export type DocumentKind = (typeof documentKinds)[number]

/**
 * Tells by its keys what a document is: `grpc`, `http`, `eventLog` or `sources` central, `listen`, `cluster` or
 * `topology` edge, `zones`, `networks`,
 * `records` or `apps` manifest, `clusters` alone topology. Undefined when they say nothing or several things.
 */
export function detectKind(document: unknown): DocumentKind | undefined {
  if (typeof document !== 'object' || document === null) return undefined
  const has = (...keys: string[]): boolean => keys.some((key) => Object.hasOwn(document, key))
  const kinds: DocumentKind[] = []
  if (has('grpc', 'http', 'eventLog', 'sources')) kinds.push('central')
  if (has('listen', 'cluster', 'topology')) kinds.push('edge')
  if (has('zones', 'networks', 'records', 'apps')) kinds.push('manifest')
  else if (has('clusters')) kinds.push('topology')
  return kinds.length === 1 ? kinds[0] : undefined
}
