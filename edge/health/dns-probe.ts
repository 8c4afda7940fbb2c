import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import {
  CLASS_IN,
  OPCODE_QUERY,
  RCODE_NOERROR,
  TYPE_A,
  rcodeName,
  typeNumber,
} from '../../shared/dns/codes.ts'
import { blankMessage, decodeMessage, encodeMessage } from '../../shared/dns/message.ts'
import type { DnsMessage, Question } from '../../shared/dns/message.ts'
import { parseName } from '../../shared/dns/name.ts'
import { runAttempt } from './attempt.ts'
import { DNS_PORT, portOf } from './ports.ts'
import type { CheckOf, Probe, ProbeResult } from './probe.ts'
import { badBecause, unknownBecause } from './results.ts'

/** Makes the probe that asks a question over UDP and is good when records come back. */
export function createDnsProbe(check: CheckOf<'dns'>): Probe {
  const type = typeNumber(check.qtype) ?? TYPE_A
  const given = check.qname === undefined ? undefined : parseName(check.qname)
  return (target, signal) => {
    if (given?.ok === false) {
      return Promise.resolve(unknownBecause(`qname ${given.reason}`))
    }
    const question: Question = { name: given?.name ?? target.app, type, class: CLASS_IN }
    return runAttempt(signal, check.timeoutMs, (attempt) => {
      // RFC 5452 §9.2: an id that cannot be guessed, from a port that cannot.
      const id = randomInt(0x1_0000)
      const query = encodeMessage({ ...blankMessage, id, rd: true, questions: [question] })
      const socket = createSocket(isIPv6(target.address) ? 'udp6' : 'udp4')
      socket.on('error', attempt.fail)
      socket.on('message', (bytes) => {
        const answer = decodeMessage(bytes)
        // What answers another question may be late, or forged: the true one can still come.
        if (answer !== undefined && isAnswerTo(answer, id, question)) {
          attempt.settle(resultOf(answer))
        }
      })
      socket.once('connect', () => {
        attempt.waitFor('answer')
        socket.send(query, (err) => {
          if (err !== null) attempt.fail(err)
        })
      })
      // Connected, so that the kernel drops what others send, and tells when nobody listens there.
      socket.connect(portOf(check, target, DNS_PORT), target.address)
      return () => socket.close()
    })
  }
}

function isAnswerTo(answer: DnsMessage, id: number, question: Question): boolean {
  const [first, ...more] = answer.questions
  return (
    answer.qr &&
    answer.id === id &&
    answer.opcode === OPCODE_QUERY &&
    more.length === 0 &&
    first?.name === question.name &&
    first.type === question.type &&
    first.class === question.class
  )
}

function resultOf(answer: DnsMessage): ProbeResult {
  if (answer.rcode !== RCODE_NOERROR) return badBecause(rcodeName(answer.rcode))
  // RFC 2181 §9: truncated means that there is more than fits; some servers then send nothing of it.
  return answer.answers.length > 0 || answer.tc
    ? { ok: true }
    : badBecause('an answer without records')
}
