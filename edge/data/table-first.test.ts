import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { CLASS_IN, TYPE_A, TYPE_AAAA } from '../../shared/dns/codes.ts'
import { nameToWire } from '../../shared/dns/name.ts'
import { ThreadCounts } from '../counts.ts'
import { answerOf, openTable } from '../table/table-fixture.ts'
import { answerTableFirst } from './table-first.ts'

const rdata = Buffer.from('c00c000100010000001e0004c0000201', 'hex')

function query(name: string, qtype = TYPE_A): Buffer {
  const head = Buffer.from('123400000001000000000000', 'hex')
  return Buffer.concat([head, nameToWire(name), Buffer.from([0, qtype, 0, CLASS_IN])])
}

/** A table with one answer. */
function open() {
  const { writer, reader } = openTable()
  const key = { qname: nameToWire('app.example.'), qtype: TYPE_A, qclass: CLASS_IN, variant: 0 }
  writer.put(key, answerOf(rdata))
  const counts = { 4: new ThreadCounts(), 6: new ThreadCounts() }
  const clock = new ManualClock()
  const options = {
    reader,
    nsid: Buffer.alloc(0),
    locator: undefined,
    counts,
    clock,
    nowSeconds: () => 1,
  }
  return { ask: answerTableFirst(options), counts }
}

describe('on the control thread', () => {
  it('a datagram that the table has an answer to is answered from it, and counted', () => {
    const { ask, counts } = open()
    const wire = query('App.Example.')
    const before = Buffer.from(wire)
    const reply = ask(wire, 6, '127.0.0.1')
    expect(reply?.readUInt16BE(6)).toBe(1)
    expect(reply?.subarray(-rdata.length)).toEqual(rdata)
    expect(reply?.subarray(12, wire.length)).toEqual(wire.subarray(12))
    expect({ four: counts[4].answered, six: counts[6].answered }).toEqual({ four: 0, six: 1 })
    // Two answers at once: the first is not overwritten by the second; the query stays as it was.
    const other = ask(query('app.example.'), 4, '127.0.0.1')
    expect(other).not.toBe(reply)
    expect(reply?.subarray(12, wire.length)).toEqual(before.subarray(12))
    expect(wire).toEqual(before)
  })

  it.each([
    ['a name that is not there', query('other.example.')],
    ['a type that is not there', query('app.example.', TYPE_AAAA)],
    ['what is no query', query('app.example.').subarray(0, 20)],
    ['what is too long', Buffer.concat([query('app.example.'), Buffer.alloc(5000)])],
  ])('%s is left as it came', (_what, wire) => {
    const { ask, counts } = open()
    const before = Buffer.from(wire)
    expect(ask(wire, 4, '127.0.0.1')).toBeUndefined()
    expect(wire).toEqual(before)
    expect(counts[4].answered).toBe(0)
  })

  it('an answer is not answered', () => {
    const { ask, counts } = open()
    const answer = query('app.example.')
    answer[2] = 0x80
    expect(ask(answer, 4, '127.0.0.1')).toBeNull()
    expect(counts[4].ignored).toBe(1)
  })
})
