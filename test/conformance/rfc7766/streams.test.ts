import { describe, expect, it } from 'vitest'
import { queryBytes } from '../../../edge/query/query-bytes.ts'
import { TYPE_NS } from '../../../shared/dns/codes.ts'
import { type TcpConnection, decodeResponse, openTcp } from '../../support/dns-client.ts'
import { nameOf } from '../exchange.ts'
import { serveMesh } from '../served-mesh.ts'

const IDLE_MS = 500
const { edge, central } = serveMesh({
  listen: { addresses: ['127.0.0.1:0'], tcpIdleTimeoutMs: IDLE_MS },
})

function query(id: number, qname = 'video.example', qtype?: number): Buffer {
  return queryBytes({ id, qname: nameOf(qname), ...(qtype === undefined ? {} : { qtype }) })
}

function framed(...messages: readonly Buffer[]): Buffer {
  return Buffer.concat(
    messages.flatMap((message) => [
      Buffer.from([message.length >> 8, message.length & 0xff]),
      message,
    ]),
  )
}

/** The IDs of the next `count` answers and their rcodes, in the order of their coming. */
async function receive(connection: TcpConnection, count: number): Promise<readonly string[]> {
  const received: string[] = []
  for (let i = 0; i < count; i++) {
    const raw = await connection.receive()
    if (raw === undefined) break
    const response = decodeResponse(raw)
    received.push(`${response.id} ${response.rcode}`)
  }
  return received
}

async function withConnection(use: (connection: TcpConnection) => Promise<void>): Promise<void> {
  const connection = await openTcp(edge.dns)
  try {
    await use(connection)
  } finally {
    connection.close()
  }
}

it('§5 what UDP answers, TCP answers', async () => {
  const udp = await edge.ask('video.example', 'A', 'udp')
  const tcp = await edge.ask('video.example', 'A', 'tcp')
  expect({ ...tcp, id: 0, raw: 0 }).toEqual({ ...udp, id: 0, raw: 0 })
})

describe('§6.2.1.1 pipelining', () => {
  it('two queries in one segment are answered', () =>
    withConnection(async (connection) => {
      connection.write(framed(query(1), query(2)))
      expect(await receive(connection, 2)).toEqual(['1 NOERROR', '2 NOERROR'])
    }))

  it('hundreds of queries are answered, each once', () =>
    withConnection(async (connection) => {
      const ids = Array.from({ length: 500 }, (_, i) => i)
      connection.write(framed(...ids.map((id) => query(id))))
      const received = await receive(connection, ids.length)
      expect(new Set(received)).toEqual(new Set(ids.map((id) => `${id} NOERROR`)))
    }))

  it('large answers and small ones do not mix', () =>
    withConnection(async (connection) => {
      const qnames = ['wide.test', 'video.example', 'many.example', 'nothing.example']
      const ids = Array.from({ length: 40 }, (_, i) => i)
      connection.write(framed(...ids.map((id) => query(id, qnames[id % 4], TYPE_NS))))
      const received = await receive(connection, ids.length)
      const wanted = ids.map((id) => `${id} ${id % 4 === 3 ? 'NXDOMAIN' : 'NOERROR'}`)
      expect(new Set(received)).toEqual(new Set(wanted))
    }))
})

it('§6.2.1 a connection serves one query after the other', () =>
  withConnection(async (connection) => {
    for (let id = 1; id <= 5; id++) {
      connection.send(query(id))
      expect(await receive(connection, 1)).toEqual([`${id} NOERROR`])
    }
  }))

describe('§8 a message may come in any pieces', () => {
  it('octet by octet', () =>
    withConnection(async (connection) => {
      for (const octet of framed(query(1))) connection.write(Buffer.from([octet]))
      expect(await receive(connection, 1)).toEqual(['1 NOERROR'])
    }))

  it('with the end of one and the beginning of the next together', () =>
    withConnection(async (connection) => {
      const stream = framed(query(1), query(2), query(3))
      const third = Math.floor(stream.length / 3)
      connection.write(stream.subarray(0, third + 1))
      expect(await receive(connection, 1)).toEqual(['1 NOERROR'])
      connection.write(stream.subarray(third + 1))
      expect(await receive(connection, 2)).toEqual(['2 NOERROR', '3 NOERROR'])
    }))
})

describe('§6.2.3, §6.2.4 ends', () => {
  it('a client that has sent its FIN still gets its answers, then a FIN', () =>
    withConnection(async (connection) => {
      connection.write(framed(query(1), query(2)))
      connection.end()
      expect(await receive(connection, 2)).toEqual(['1 NOERROR', '2 NOERROR'])
      await expect(connection.closed).resolves.toBeUndefined()
    }))

  it('an idle connection is closed', () =>
    withConnection(async (connection) => {
      connection.send(query(1))
      expect(await receive(connection, 1)).toEqual(['1 NOERROR'])
      const startedAt = performance.now()
      await expect(connection.closed).resolves.toBeUndefined()
      expect(performance.now() - startedAt).toBeGreaterThan(IDLE_MS / 2)
    }))

  it('a connection on which a message never becomes whole is closed', () =>
    withConnection(async (connection) => {
      connection.write(framed(query(1)).subarray(0, 10))
      await expect(connection.closed).resolves.toBeUndefined()
    }))
})

describe('§7 answers out of order', () => {
  it('a name that waits for central holds nothing back', () =>
    withConnection(async (connection) => {
      // Central keeps its connection and says nothing: the edge waits its whole deadline.
      central.program?.process.kill('SIGSTOP')
      try {
        const startedAt = performance.now()
        connection.write(framed(query(1, 'unknown.example'), query(2), query(3, 'www.example.org')))
        expect(await receive(connection, 2)).toEqual(['2 NOERROR', '3 REFUSED'])
        // One that comes while the first still waits.
        connection.send(query(4))
        expect(await receive(connection, 2)).toEqual(['4 NOERROR', '1 SERVFAIL'])
        // The deadline of Resolve is 1 s.
        expect(performance.now() - startedAt).toBeGreaterThan(900)
      } finally {
        central.program?.process.kill('SIGCONT')
      }
    }))
})
