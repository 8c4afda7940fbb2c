import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { CLASS_IN, TYPE_A, TYPE_AAAA } from '../../shared/dns/codes.ts'
import { nameToWire } from '../../shared/dns/name.ts'
import { ThreadCounts } from '../counts.ts'
import type { Client } from '../listen/listener.ts'
import { answerOf, openTable } from '../table/table-fixture.ts'
import { answerTableFirst } from './table-first.ts'

const rdata = Buffer.from('c00c000100010000001e0004c0000201', 'hex')
const client: Client = { transport: 'udp', family: 4, address: '192.0.2.9', port: 5353 }

function query(name: string, qtype = TYPE_A): Buffer {
  const head = Buffer.from('123400000001000000000000', 'hex')
  return Buffer.concat([head, nameToWire(name), Buffer.from([0, qtype, 0, CLASS_IN])])
}

/** A table with one answer; `ask` says whether it was answered from there, and with what. */
function open() {
  const { writer, reader } = openTable()
  const key = { qname: nameToWire('app.example.'), qtype: TYPE_A, qclass: CLASS_IN, variant: 0 }
  writer.put(key, answerOf(rdata))
  const counts = { 4: new ThreadCounts(), 6: new ThreadCounts() }
  const clock = new ManualClock()
  let passed: Buffer | undefined
  const handler = answerTableFirst(
    { reader, nsid: Buffer.alloc(0), counts, clock, nowSeconds: () => 1 },
    (wire) => {
      passed = wire
    },
  )
  const ask = (wire: Buffer, from = client): { passed?: Buffer; reply?: Buffer | undefined } => {
    passed = undefined
    const replies: (Buffer | undefined)[] = []
    handler(wire, from, (answer) => void replies.push(answer))
    expect(replies.length + (passed === undefined ? 0 : 1)).toBe(1)
    return passed === undefined ? { reply: replies[0] } : { passed }
  }
  return { ask, counts }
}

describe('on the control thread', () => {
  it('a datagram that the table has an answer to is answered from it, and counted', () => {
    const { ask, counts } = open()
    const wire = query('App.Example.')
    const before = Buffer.from(wire)
    const { reply } = ask(wire, { ...client, family: 6 })
    expect(reply?.readUInt16BE(6)).toBe(1)
    expect(reply?.subarray(-rdata.length)).toEqual(rdata)
    expect(reply?.subarray(12, wire.length)).toEqual(wire.subarray(12))
    expect({ four: counts[4].answered, six: counts[6].answered }).toEqual({ four: 0, six: 1 })
    // Two answers at once: the first is not overwritten by the second; the query stays as it was.
    const { reply: other } = ask(query('app.example.'))
    expect(other).not.toBe(reply)
    expect(reply?.subarray(12, wire.length)).toEqual(before.subarray(12))
    expect(wire).toEqual(before)
  })

  it.each([
    ['a name that is not there', query('other.example.'), client],
    ['a type that is not there', query('app.example.', TYPE_AAAA), client],
    ['a query over TCP', query('app.example.'), { ...client, transport: 'tcp' as const }],
    ['what is no query', query('app.example.').subarray(0, 20), client],
    ['what is too long', Buffer.concat([query('app.example.'), Buffer.alloc(5000)]), client],
  ])('%s goes on as it came', (_what, wire, from) => {
    const { ask, counts } = open()
    const before = Buffer.from(wire)
    expect(ask(wire, from)).toEqual({ passed: before })
    expect(counts[4].answered).toBe(0)
  })

  it('an answer is not answered', () => {
    const { ask, counts } = open()
    const answer = query('app.example.')
    answer[2] = 0x80
    expect(ask(answer)).toEqual({ reply: undefined })
    expect(counts[4].ignored).toBe(1)
  })
})
