import { describe, expect, it } from 'vitest'
import { decodeResponse } from '../../support/dns-client.ts'
import { checkAnswer } from '../exchange.ts'
import { serveMesh } from '../served-mesh.ts'
import { badMessages } from './bad-messages.ts'
import type { BadMessage, Outcome } from './bad-messages.ts'
import { countsOf, fireVolley } from './volley.ts'

const { edge } = serveMesh({ replica: { kind: 'full' } })

function count(messages: readonly BadMessage[], outcome: Outcome): number {
  return messages.filter((message) => message.outcome === outcome).length
}

describe.each(['udp', 'tcp'] as const)('over %s', (transport) => {
  it.each(badMessages)('$group', async ({ messages: all }) => {
    // On a stream a message of no length breaks the framing: see framing.test.ts.
    const messages = all.filter(({ wire }) => transport === 'udp' || wire.length > 0)
    const before = await countsOf(edge)
    const wires = messages.map((message) => message.wire)
    const { sent, answers, goodQueries } = await fireVolley(edge.dns, wires, transport)

    const outcomes = answers.map((answer, i) => {
      if (answer === undefined) return 'silence'
      checkAnswer(sent[i] ?? Buffer.alloc(0), answer, transport)
      return decodeResponse(answer).rcode
    })
    expect(messages.map(({ what }, i) => `${what}: ${outcomes[i]}`)).toEqual(
      messages.map(({ what, outcome }) => `${what}: ${outcome}`),
    )
    expect(await countsOf(edge)).toEqual({
      received: before.received + messages.length + goodQueries,
      dropped: before.dropped,
      ignored: before.ignored + count(messages, 'silence'),
      faults: 0,
      noerror: before.noerror + count(messages, 'NOERROR') + goodQueries,
      formerr: before.formerr + count(messages, 'FORMERR'),
      notimp: before.notimp + count(messages, 'NOTIMP'),
      badvers: before.badvers + count(messages, 'BADVERS'),
      refused: before.refused + count(messages, 'REFUSED'),
      servfail: before.servfail,
    })
  })
})
