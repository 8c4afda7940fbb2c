import type { HttpApp } from './context.ts'
import { problemOfStatus, sendProblem } from './problem.ts'

/**
 * Watches the routes that are added after it. The function that it returns, called when all are there,
 * answers OPTIONS and the methods that no route of a path has.
 */
export function watchMethods(app: HttpApp): () => void {
  const methodsOf = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    const methods = methodsOf.get(url) ?? new Set(['OPTIONS'])
    for (const each of [method].flat()) methods.add(each)
    methodsOf.set(url, methods)
  })

  return () => {
    for (const [url, methods] of methodsOf) {
      const allow = [...methods].sort().join(', ')
      const schema = { hide: true }
      app.options(url, { schema }, (_request, reply) =>
        // RFC 9110 §9.3.7: Allow tells what the target can do.
        reply.header('allow', allow).code(204).send(),
      )
      app.route({
        url,
        method: app.supportedMethods.filter((method) => !methods.has(method)),
        schema,
        // Before any body is read.
        onRequest: (request, reply) => {
          // RFC 9110 §15.5.6: a 405 must carry Allow.
          void reply.header('allow', allow)
          const detail = `${request.method} is not possible here, ${allow} are`
          sendProblem(reply, problemOfStatus(405, detail))
        },
        handler: (_request, reply) => reply.send(),
      })
    }
  }
}
