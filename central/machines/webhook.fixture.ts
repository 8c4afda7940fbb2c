import { createServer } from 'node:http'
import { onTestFinished } from 'vitest'

/** How a webhook answers: a status, a redirect to a path, or never. */
export type WebhookReply = number | { readonly to: string } | 'hang'

/** A web server that is asked to end machines. */
export interface Webhook {
  readonly url: string
  /** Path and body of each request, in order. */
  readonly asked: readonly { readonly path: string; readonly body: unknown }[]
  /** Requests that were under way at once, at most. */
  readonly atOnce: () => number
}

/** Starts a webhook that gives these replies, the last one from then on; it ends with the test. */
export async function startWebhook(...replies: readonly WebhookReply[]): Promise<Webhook> {
  const asked: { path: string; body: unknown }[] = []
  let running = 0
  let most = 0
  const server = createServer((request, response) => {
    running++
    most = Math.max(most, running)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body: unknown = JSON.parse(Buffer.concat(chunks).toString() || 'null')
      const reply = replies[Math.min(asked.length, replies.length - 1)]
      asked.push({ path: `${request.method} ${request.url}`, body })
      if (reply === 'hang') return
      if (typeof reply === 'object') response.setHeader('location', reply.to)
      response.statusCode = typeof reply === 'number' ? reply : 307
      // Late enough for others to come in between.
      setTimeout(() => response.end(), 5)
    })
    response.on('close', () => running--)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new TypeError('it has no port')
  return { url: `http://127.0.0.1:${address.port}/`, asked, atOnce: () => most }
}
