import { expect, it } from 'vitest'
import { optBytes, queryBytes } from '../../../edge/query/query-bytes.ts'
import { type TcpConnection, decodeResponse, openTcp } from '../../support/dns-client.ts'
import { nameOf } from '../exchange.ts'
import { serveMesh } from '../served-mesh.ts'

const { edge } = serveMesh({ listen: { addresses: ['127.0.0.1:0'], tcpIdleTimeoutMs: 300 } })

const query = queryBytes({ qname: nameOf('video.example') })

function framed(message: Buffer, length = message.length): Buffer {
  return Buffer.concat([Buffer.from([length >> 8, length & 0xff]), message])
}

/** Does something to a connection, and sees that the edge serves others as before. */
async function withConnection(use: (connection: TcpConnection) => Promise<void>): Promise<void> {
  const connection = await openTcp(edge.dns)
  try {
    await use(connection)
  } finally {
    connection.close()
  }
  expect(await edge.addresses('video.example')).toBe('192.0.2.1 192.0.2.2')
  expect((await edge.ask('video.example', 'A', 'tcp')).rcode).toBe('NOERROR')
  expect(await edge.metric('meridian_edge_dns_faults_total')).toBe(0)
}

async function rcodeOf(connection: TcpConnection): Promise<string | undefined> {
  const answer = await connection.receive()
  return answer && decodeResponse(answer).rcode
}

it('a message of no length closes the connection', async () => {
  const errors = (): Promise<number> => edge.metric('meridian_edge_listen_connection_errors_total')
  const before = await errors()
  await withConnection(async (connection) => {
    connection.write(Buffer.alloc(2))
    await expect(connection.closed).resolves.toBeUndefined()
  })
  expect(await errors()).toBe(before + 1)
})

it('what came whole before a message of no length does no harm', () =>
  withConnection(async (connection) => {
    connection.write(Buffer.concat([framed(query), Buffer.alloc(2), framed(query)]))
    await expect(connection.closed).resolves.toBeUndefined()
  }))

it('a length below the message: each part is a message of its own, and broken', () =>
  withConnection(async (connection) => {
    // The last octets are the class: 1 is no length of anything that follows.
    connection.write(framed(query, query.length - 2))
    expect(await rcodeOf(connection)).toBe('FORMERR')
    await expect(connection.closed).resolves.toBeUndefined()
  }))

it.each([
  ['a length above the message', framed(query, query.length + 1)],
  ['the first octet of a length', Buffer.from([0])],
  ['a length and nothing', Buffer.from([0xff, 0xff])],
  ['a length and a header', framed(query.subarray(0, 12), 512)],
  ['a request of HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: www.example\r\n\r\n')],
  ['the hello of TLS', Buffer.from('16030100c8010000c40303', 'hex')],
])('%s, then silence: closed after the idle time, with no answer', async (_what, octets) => {
  const timedOut = (): Promise<number> =>
    edge.metric('meridian_edge_listen_connections_timed_out_total')
  const before = await timedOut()
  await withConnection(async (connection) => {
    connection.write(octets)
    await expect(connection.closed).resolves.toBeUndefined()
    expect(await connection.receive()).toBeUndefined()
  })
  expect(await timedOut()).toBe(before + 1)
})

it.each([
  ['in the middle of a message', framed(query, query.length + 1)],
  ['in the middle of a length', Buffer.from([0])],
  ['before anything', Buffer.alloc(0)],
])('a FIN %s: closed, with no answer', (_what, octets) =>
  withConnection(async (connection) => {
    connection.write(octets)
    connection.end()
    await expect(connection.closed).resolves.toBeUndefined()
    expect(await connection.receive()).toBeUndefined()
  }),
)

it('the longest message there can be, of zeros: FORMERR', () =>
  withConnection(async (connection) => {
    connection.write(framed(Buffer.alloc(65_535)))
    expect(await rcodeOf(connection)).toBe('FORMERR')
  }))

it('the longest query there can be is answered', () =>
  withConnection(async (connection) => {
    const room = 65_535 - query.length - optBytes().length - 4
    const longest = queryBytes({
      qname: nameOf('video.example'),
      records: [optBytes({ options: [{ code: 65_001, data: Buffer.alloc(room) }] })],
    })
    expect(longest.length).toBe(65_535)
    connection.send(longest)
    expect(await rcodeOf(connection)).toBe('NOERROR')
  }))
