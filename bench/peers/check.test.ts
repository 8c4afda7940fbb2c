import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { CLASS_IN, RCODE_NXDOMAIN, TYPE_A } from '../../shared/dns/codes.ts'
import {
  type DnsMessage,
  type ResourceRecord,
  blankMessage,
  decodeMessage,
  encodeMessage,
} from '../../shared/dns/message.ts'
import { toName } from '../../shared/dns/name.ts'
import { checkAnswers, faultOf } from './check.ts'

const name = toName('a.example')
const edns = { udpSize: 1232, version: 0, dnssecOk: false, options: [] }
const right = addressRecord('192.0.2.1')
const wanted = { address: '192.0.2.1', edns: false }

function addressRecord(address: string): ResourceRecord {
  return { name, type: TYPE_A, class: CLASS_IN, ttl: 30, rdata: { kind: 'address', address } }
}

function response(more: Partial<DnsMessage>): Buffer {
  const questions = [{ name, type: TYPE_A, class: CLASS_IN }]
  return encodeMessage({ ...blankMessage, qr: true, questions, answers: [right], ...more })
}

it.each([
  [response({}), wanted],
  [response({ edns }), { ...wanted, edns: true }],
])('the one address, and OPT where it was asked with, is right', (octets, wanted) => {
  expect(faultOf(octets, wanted)).toBeUndefined()
})

it.each([
  ['another address', response({ answers: [addressRecord('192.0.2.2')] }), '192.0.2.2 is given'],
  ['two', response({ answers: [right, addressRecord('192.0.2.2')] }), '192.0.2.1 192.0.2.2 is'],
  ['no answer', response({ answers: [] }), 'NODATA is given, 192.0.2.1 is wanted'],
  ['an rcode', response({ rcode: RCODE_NXDOMAIN }), 'NXDOMAIN is given'],
  ['octets', Buffer.from('0102', 'hex'), '0102 is given'],
  ['more records', response({ authorities: [right] }), '1 records are given that were not asked'],
  ['an OPT unasked', response({ edns }), 'OPT is given unasked'],
])('%s is a fault', (_what, octets, fault) => {
  expect(faultOf(octets, wanted)).toContain(fault)
})

it('an answer without OPT to a query with it is a fault', () => {
  expect(faultOf(response({}), { ...wanted, edns: true })).toBe('OPT is missing')
})

it('a peer is asked for every name, plain and with EDNS, and the name of a fault is said', async () => {
  const asked: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (octets, from) => {
    const query = decodeMessage(octets)
    const [question] = query?.questions ?? []
    if (query === undefined || question === undefined) throw new Error('not a query')
    asked.push(`${question.name} ${query.edns === undefined ? 'plain' : 'EDNS'}`)
    const answers = [{ ...right, name: question.name }]
    socket.send(encodeMessage({ ...query, qr: true, answers }), from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const dns = { address: '127.0.0.1', port: socket.address().port }
  const app = { name: 'a.example', endpoints: [], nearest: '192.0.2.1' }
  const other = { name: 'b.example', endpoints: [], nearest: '192.0.2.9' }
  try {
    await expect(checkAnswers(dns, [app, other], {})).rejects.toThrow(
      'b.example: 192.0.2.1 is given, 192.0.2.9 is wanted',
    )
    asked.splice(0)
    await checkAnswers(dns, [app, other], { fixedAddress: '192.0.2.1' })
  } finally {
    socket.close()
  }
  expect(asked).toEqual([
    'a.example. plain',
    'b.example. plain',
    'a.example. EDNS',
    'b.example. EDNS',
  ])
})
