import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, expect, it } from 'vitest'
import {
  CLASS_CH,
  CLASS_IN,
  RCODE_NXDOMAIN,
  RCODE_SERVFAIL,
  TYPE_A,
  TYPE_AAAA,
  TYPE_TXT,
} from '../../shared/dns/codes.ts'
import { decodeMessage, encodeMessage } from '../../shared/dns/message.ts'
import type { DnsMessage, ResourceRecord } from '../../shared/dns/message.ts'
import { probeOnce, targetOf } from './probe-fixture.ts'

const sockets: Socket[] = []

afterEach(async () => {
  for (const socket of sockets.splice(0)) {
    socket.close()
    await once(socket, 'close')
  }
})

/** A server that answers each query with the datagrams that `answers` makes of it. */
async function serve(answers: (query: DnsMessage) => readonly Buffer[]): Promise<number> {
  const socket = createSocket('udp4')
  sockets.push(socket)
  socket.on('message', (bytes, { port, address }) => {
    const query = decodeMessage(bytes)
    if (query === undefined) throw new Error('the probe sent no message')
    for (const answer of answers(query)) socket.send(answer, port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket.address().port
}

const record: ResourceRecord = {
  name: 'app.example.org.',
  type: TYPE_A,
  class: CLASS_IN,
  ttl: 30,
  rdata: { kind: 'address', address: '192.0.2.1' },
}

const answerTo = (query: DnsMessage, changed: Partial<DnsMessage> = {}): DnsMessage => ({
  ...query,
  qr: true,
  answers: [record],
  ...changed,
})

it('asks for the name of the app, or what the check says', async () => {
  const asked: unknown[] = []
  const port = await serve((query) => {
    asked.push(query.questions, query.rd)
    return [encodeMessage(answerTo(query))]
  })
  expect(await probeOnce({ type: 'dns' }, targetOf(port))).toEqual({ ok: true })
  const check = { type: 'dns', qname: 'Other.Example', qtype: 'TXT' } as const
  expect((await probeOnce(check, targetOf(port))).ok).toBe(true)
  expect(asked).toEqual([
    [{ name: 'app.example.org.', type: TYPE_A, class: CLASS_IN }],
    true,
    [{ name: 'other.example.', type: TYPE_TXT, class: CLASS_IN }],
    true,
  ])
})

it.each([
  { of: 'SERVFAIL', changed: { rcode: RCODE_SERVFAIL, answers: [] }, detail: 'SERVFAIL' },
  { of: 'NXDOMAIN', changed: { rcode: RCODE_NXDOMAIN, answers: [] }, detail: 'NXDOMAIN' },
  { of: 'no records', changed: { answers: [] }, detail: 'an answer without records' },
])('is bad with $of', async ({ changed, detail }) => {
  const port = await serve((query) => [encodeMessage(answerTo(query, changed))])
  expect(await probeOnce({ type: 'dns' }, targetOf(port))).toEqual({ ok: false, detail })
})

it('is good when records did not fit (RFC 2181 §9)', async () => {
  const port = await serve((query) => [encodeMessage(answerTo(query, { tc: true, answers: [] }))])
  expect(await probeOnce({ type: 'dns' }, targetOf(port))).toEqual({ ok: true })
})

const question = { name: 'app.example.org.', type: TYPE_A, class: CLASS_IN }

it.each([
  { of: 'another id', make: (q: DnsMessage) => answerTo(q, { id: (q.id + 1) & 0xffff }) },
  { of: 'the query itself', make: (q: DnsMessage) => q },
  {
    of: 'another name',
    make: (q: DnsMessage) => answerTo(q, { questions: [{ ...question, name: 'b.example.org.' }] }),
  },
  {
    of: 'another type',
    make: (q: DnsMessage) => answerTo(q, { questions: [{ ...question, type: TYPE_AAAA }] }),
  },
  {
    of: 'another class',
    make: (q: DnsMessage) => answerTo(q, { questions: [{ ...question, class: CLASS_CH }] }),
  },
  { of: 'no question', make: (q: DnsMessage) => answerTo(q, { questions: [] }) },
  {
    of: 'two questions',
    make: (q: DnsMessage) => answerTo(q, { questions: [question, question] }),
  },
  { of: 'another opcode', make: (q: DnsMessage) => answerTo(q, { opcode: 4 }) },
])('does not take $of for the answer, and waits for the true one', async ({ make }) => {
  const junk = Buffer.from('no message at all')
  const port = await serve((query) => [junk, encodeMessage(make(query))])
  expect(await probeOnce({ type: 'dns', timeoutMs: 100 }, targetOf(port))).toEqual({
    ok: false,
    detail: 'no answer within 100 ms',
  })
  const second = await serve((query) => [
    encodeMessage({ ...make(query), rcode: RCODE_SERVFAIL, answers: [] }),
    encodeMessage(answerTo(query)),
  ])
  expect(await probeOnce({ type: 'dns' }, targetOf(second))).toEqual({ ok: true })
})

it('is bad when nobody listens', async () => {
  const port = await serve(() => [])
  const [socket] = sockets.splice(0)
  socket?.close()
  expect(await probeOnce({ type: 'dns' }, targetOf(port))).toEqual({
    ok: false,
    detail: 'connection refused',
  })
})

it('knows nothing with a qname that is none', async () => {
  expect(await probeOnce({ type: 'dns', qname: 'a..b' }, targetOf(53))).toEqual({
    ok: 'unknown',
    detail: 'qname has an empty label',
  })
})

it('lets go of its socket when it is told to', async () => {
  const port = await serve(() => [])
  const open = (): number =>
    process.getActiveResourcesInfo().filter((of) => of === 'UDPWrap').length
  const controller = new AbortController()
  const result = probeOnce({ type: 'dns' }, targetOf(port), { signal: controller.signal })
  controller.abort()
  expect((await result).ok).toBe(false)
  // That of the server is left.
  await expect.poll(open).toBe(1)
})
