import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import { afterEach, expect, it } from 'vitest'
import { CLASS_IN, TYPE_A } from '../../shared/dns/codes.ts'
import { decodeMessage, encodeMessage } from '../../shared/dns/message.ts'
import type { Rdata } from '../../shared/dns/message.ts'
import { askAll, describeAnswer } from './ask-all.ts'
import { UdpClient } from './udp-client.ts'
import type { Target } from './udp-client.ts'

const open: { close(): void }[] = []
afterEach(() => {
  for (const socket of open.splice(0)) socket.close()
})

/** A server that answers every question by `answer`. */
async function serve(answer: (query: Buffer) => readonly Buffer[]): Promise<Target> {
  const socket: Socket = createSocket('udp4')
  open.push(socket)
  socket.on('message', (query, from) => {
    for (const response of answer(query)) socket.send(response, from.port, from.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return { address: '127.0.0.1', port: socket.address().port }
}

function responseTo(query: Buffer, { rcode = 0, address }: { rcode?: number; address?: string }) {
  const message = decodeMessage(query)
  const [question] = message?.questions ?? []
  if (message === undefined || question === undefined) throw new Error('not a query')
  const rdata: Rdata = { kind: 'address', address: address ?? '' }
  const record = { name: question.name, type: TYPE_A, class: CLASS_IN, ttl: 5, rdata }
  const answers = address === undefined ? [] : [record]
  return encodeMessage({ ...message, qr: true, rcode, answers })
}

async function clientOf(target: Target): Promise<UdpClient> {
  const client = await UdpClient.open(target)
  open.push(client)
  return client
}

const app = { name: 'a.example', endpoints: [], nearest: '192.0.2.1' }

it('right answers are timed, one for each app', async () => {
  const target = await serve((query) => [responseTo(query, { address: '192.0.2.1' })])
  const latencies = await askAll(await clientOf(target), [app, app, app])
  expect(latencies).toHaveLength(3)
  expect(Math.min(...latencies)).toBeGreaterThan(0)
})

it.each([
  [{ address: '192.0.2.2' }, '192.0.2.2'],
  [{ rcode: 3 }, 'NXDOMAIN'],
  [{}, 'NODATA'],
])('an answer of %j is no result', async (wrong, found) => {
  const client = await clientOf(await serve((query) => [responseTo(query, wrong)]))
  await expect(askAll(client, [app])).rejects.toThrow(
    `a.example is answered with ${found}, 192.0.2.1 is wanted`,
  )
})

it('a response with another ID is not taken', async () => {
  const target = await serve((query) => {
    const stray = Buffer.from(responseTo(query, { address: '192.0.2.9' }))
    stray.writeUInt16BE(stray.readUInt16BE(0) ^ 1, 0)
    return [stray, responseTo(query, { address: '192.0.2.1' })]
  })
  const { response } = await (await clientOf(target)).ask('a.example')
  expect(describeAnswer(response)).toBe('192.0.2.1')
})

it('what is no message is said in octets', () => {
  expect(describeAnswer(Buffer.from('0102', 'hex'))).toContain('0102')
})

it.each([
  [{}, undefined],
  [{ edns: true }, { udpSize: 1232, version: 0, dnssecOk: false, options: [] }],
])('asked with %j, the query has an OPT record or none', async (options, edns) => {
  const queries: Buffer[] = []
  const target = await serve((query) => {
    queries.push(query)
    return [responseTo(query, { address: '192.0.2.1' })]
  })
  await (await clientOf(target)).ask('a.example', options)
  expect(queries.map((query) => decodeMessage(query)?.edns)).toEqual([edns])
})

it('a question without an answer ends after its time', async () => {
  const client = await clientOf(await serve(() => []))
  await expect(client.ask('a.example', { timeoutMs: 10 })).rejects.toThrow(
    'no answer for a.example in 10 ms',
  )
})
