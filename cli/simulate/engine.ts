/** Loads the engine that edges steer by, without an edge. */
export async function loadEngine() {
  const edge = await import('../../edge/main.ts')
  return edge.loadEngine()
}

/** What `loadEngine` gives. */
export type Engine = Awaited<ReturnType<typeof loadEngine>>

/** An edge that is imagined. */
export type ImaginedEdge = InstanceType<Engine['ImaginedEdge']>

/** An app as an edge is told of it. */
export type ToldApp = Parameters<ImaginedEdge['answersOf']>[0]

/** Where a client is, as far as it is known. */
export type ClientPlace = NonNullable<
  Parameters<ReturnType<ImaginedEdge['answersOf']>['sharesOf']>[0]
>

/** How much of what a client asks one cluster gets. */
export type ClusterShare = ReturnType<ReturnType<ImaginedEdge['answersOf']>['sharesOf']>[number]
