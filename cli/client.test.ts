import { createServer, type RequestListener, type Server } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { RestClient } from './client.ts'

let server: Server | undefined
afterEach(async () => {
  server?.closeAllConnections()
  await new Promise((resolve) =>
    server === undefined ? resolve(undefined) : server.close(resolve),
  )
  server = undefined
})

async function connect(listener: RequestListener): Promise<RestClient> {
  const listening = createServer(listener)
  server = listening
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const address = listening.address()
  if (typeof address !== 'object' || address === null) throw new TypeError('no port')
  const url = `http://127.0.0.1:${address.port}`
  return new RestClient({ url, from: '--url', token: 'token' })
}

const request = { method: 'GET', path: '/v1/status' } as const

describe('RestClient', () => {
  it('does not wait longer than the deadline', async () => {
    const client = await connect(() => undefined)
    await expect(client.send({ ...request, deadlineMs: 50 })).rejects.toThrow(
      /^central at http:\S+ \(from --url\) did not answer within 0\.05 s$/,
    )
  })

  it('does not follow a redirect with its token', async () => {
    const seen: string[] = []
    const client = await connect((incoming, response) => {
      seen.push(incoming.url ?? '')
      response.writeHead(301, { location: '/elsewhere' }).end()
    })
    await expect(client.expect(request)).rejects.toThrow(/: 301 Moved Permanently$/)
    expect(seen).toEqual(['/v1/status'])
  })

  it('tells of the status when the answer is a page of a proxy', async () => {
    const client = await connect((_, response) => response.writeHead(502).end('<html>no</html>'))
    await expect(client.expect(request)).rejects.toThrow(/\/v1\/status: 502 Bad Gateway$/)
  })

  it('names the field that an answer lacks', async () => {
    const client = await connect((_, response) => response.end('{"version":"x"}'))
    const answer = await client.send(request)
    expect(() => client.read(z.object({ version: z.int() }), request, answer)).toThrow(
      /the answer is not one of a Meridian central: version /,
    )
  })

  it('reads the headers of a write', async () => {
    const headers = { etag: '"7"', 'meridian-version': '9', 'meridian-edges': '3/3' }
    const client = await connect((_, response) => response.writeHead(204, headers).end())
    expect(await client.send({ method: 'DELETE', path: '/v1/clusters/sfo' })).toEqual({
      status: 204,
      body: undefined,
      etag: '"7"',
      version: '9',
      edges: '3/3',
    })
  })
})
