import { type Answer, decode, encode } from 'dns-packet'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { QueryHandler } from '../../edge/listen/listener.ts'
import { type Listeners, createListeners } from '../../edge/listen/listeners.ts'
import { listenOptionsSchema } from '../../edge/listen/options.ts'
import {
  type Target,
  addressesOf,
  ask,
  askRaw,
  decodeResponse,
  encodeQuery,
  openTcp,
} from '../support/dns-client.ts'

/** Answers by the qname: what it does not know it does not answer. */
const handler: QueryHandler = (wire, _client, reply) => {
  const { id = 0, questions = [] } = decode(wire)
  const name = questions[0]?.name ?? ''
  const head = { type: 'response', id, questions } as const
  if (name === 'video.example') {
    reply(
      encode({
        ...head,
        flags: 0x0400,
        answers: [
          { type: 'CNAME', name, data: 'edge.example' },
          { type: 'A', name: 'edge.example', ttl: 30, data: '192.0.2.2' },
          { type: 'A', name: 'edge.example', ttl: 30, data: '192.0.2.1' },
          { type: 'AAAA', name: 'edge.example', ttl: 30, data: '2001:db8::1' },
        ],
      }),
    )
  } else if (name === 'echo.example') {
    const echoed = Buffer.from(wire)
    echoed.writeUInt16BE(wire.readUInt16BE(2) | 0x8003, 2)
    reply(echoed)
  } else if (name === 'badvers.example') {
    const opt: Answer = {
      type: 'OPT',
      name: '.',
      udpPayloadSize: 4096,
      extendedRcode: 1,
      ednsVersion: 0,
      flags: 0,
      flag_do: false,
      options: [],
    }
    reply(encode({ ...head, additionals: [opt] }))
  } else if (name === 'other-id.example') {
    reply(encode({ ...head, id: id ^ 1 }))
  } else if (name === 'no-qr.example') {
    reply(Buffer.from(wire))
  } else {
    reply(undefined)
  }
}

let listeners: Listeners
let target: Target
beforeEach(async () => {
  listeners = createListeners(listenOptionsSchema.parse({ addresses: ['127.0.0.1:0'] }), handler)
  await listeners.start()
  target = listeners.all[0]?.address() ?? { address: '', port: 0 }
})
afterEach(async () => {
  listeners.abort()
  await listeners.stop()
})

describe.each(['udp', 'tcp'] as const)('the test client over %s', (transport) => {
  it('asks and decodes the response', async () => {
    const response = await ask({ ...target, transport, qname: 'video.example', qtype: 'A' })
    expect(response).toMatchObject({ rcode: 'NOERROR', aa: true, tc: false, edns: undefined })
    expect(addressesOf(response)).toEqual(['192.0.2.2', '192.0.2.1', '2001:db8::1'])
    expect(decodeResponse(response.raw)).toEqual(response)
    const { stats } = listeners.all[transport === 'udp' ? 0 : 1] ?? {}
    expect(stats?.received).toBe(1)
  })

  it('resolves with undefined when no answer comes', async () => {
    const query = encodeQuery({ qname: 'silent.example', qtype: 'A' })
    expect(await askRaw(query, { ...target, transport, timeoutMs: 50 })).toBeUndefined()
  })

  it.each([
    ['silent.example', /^no response for silent\.example A from (udp|tcp) 127\.0\.0\.1 port \d+$/],
    ['other-id.example', /^the response has ID \d+, the query \d+$/],
    ['no-qr.example', /^the response has no QR bit$/],
  ])('refuses what is no response to its query: %s', async (qname, reason) => {
    const asked = ask({ ...target, transport, qname, qtype: 'A', timeoutMs: 100 })
    await expect(asked).rejects.toThrow(reason)
  })
})

describe('what the test client asks', () => {
  it('carries the EDNS that it is told to', async () => {
    const edns = {
      udpPayloadSize: 4096,
      version: 1,
      do: true,
      options: [
        { code: 10, data: Buffer.from('8 octets') },
        { code: 65_001, data: Buffer.alloc(0) },
      ],
    }
    const response = await ask({ ...target, qname: 'echo.example', qtype: 'HTTPS', edns })
    expect(response).toMatchObject({ rcode: 'NXDOMAIN', rd: true, edns, additionals: [] })
    expect(response.raw.readUInt16BE(12 + 'echo.example'.length + 2)).toBe(65)
  })

  it('has no OPT and no RD where it is told so', async () => {
    const question = {
      qname: 'echo.example',
      qtype: 'A',
      edns: false,
      rd: false,
      id: 4711,
    } as const
    const response = await ask({ ...target, ...question })
    expect(response).toMatchObject({ id: 4711, rd: false, edns: undefined })
  })

  it('gets the upper bits of the rcode from OPT (RFC 6891 §6.1.3)', async () => {
    const response = await ask({ ...target, qname: 'badvers.example', qtype: 'A' })
    expect(response.rcode).toBe('BADVERS')
  })
})

describe('a connection of the test client', () => {
  it('pipelines, takes octets as they are, and half-closes', async () => {
    const connection = await openTcp(target)
    const query = encodeQuery({ qname: 'echo.example', qtype: 'A', id: 1 })
    connection.send(query)
    connection.write(Buffer.from([0]))
    connection.write(Buffer.concat([Buffer.from([query.length]), query]))
    connection.end()
    expect((await connection.receive())?.length).toBe(query.length)
    expect((await connection.receive())?.length).toBe(query.length)
    expect(await connection.receive()).toBeUndefined()
    await connection.closed
  })

  it('is refused where nobody listens', async () => {
    await listeners.stop()
    await expect(openTcp(target)).rejects.toThrow('ECONNREFUSED')
    await expect(askRaw(Buffer.alloc(12), target)).rejects.toThrow('ECONNREFUSED')
  })
})
