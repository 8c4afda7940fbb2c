import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { boundKeptConnections } from './kept-connections.ts'

test('connections beyond the bound are closed after their answer, and kept again below it', async () => {
  const server = createServer((_request, response) => response.writeHead(204).end())
  boundKeptConnections(server, 2)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const bound = server.address()
  const port = typeof bound === 'object' ? bound?.port : undefined

  /** A client with one connection of its own. */
  const createClient = () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    const ask = (): Promise<string | undefined> =>
      new Promise((resolve, reject) => {
        const asked = request({ agent, port, host: '127.0.0.1' }, (answer: IncomingMessage) => {
          answer.resume().once('end', () => resolve(answer.headers.connection))
        })
        asked.once('error', reject).end()
      })
    return { ask, leave: () => agent.destroy() }
  }

  const [first, second, third] = [createClient(), createClient(), createClient()]
  expect([await first.ask(), await second.ask()]).toEqual(['keep-alive', 'keep-alive'])
  expect([await third.ask(), await third.ask()]).toEqual(['close', 'close'])
  first.leave()
  await expect.poll(() => third.ask()).toBe('keep-alive')
})
