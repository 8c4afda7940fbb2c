import { startServer } from './server.fixture.ts'
import type { TestServer } from './server.fixture.ts'

/** Starts a server with the zones `example.` and, below it, `sub.example.`, at version 1. */
export async function startWithZones(): Promise<TestServer> {
  const server = await startServer()
  const zones = ['example', 'sub.example'].map((apex) => ({ apex, ns: ['ns1.example'] }))
  await server.call('POST', '/v1/changes', { body: { zones } })
  return server
}

/** The body of an rrset of addresses. */
export const www = { ttl: 300, rdata: ['192.0.2.2', '192.0.2.1'] }
