import { RCODE_NOERROR, TYPE_A } from '../../shared/dns/codes.ts'
import { decodeMessage } from '../../shared/dns/message.ts'
import { describeAnswer } from '../client/ask-all.ts'
import { UdpClient } from '../client/udp-client.ts'
import type { Target } from '../client/udp-client.ts'
import type { BenchApp } from '../mesh/workload.ts'
import type { Peer } from './peer.ts'

/**
 * Asks for all names, plain and with EDNS, which fills the caches of a peer too. Rejects when an answer
 * is not that of all other peers: what is fast and wrong is not worth a time.
 */
export async function checkAnswers(
  dns: Target,
  apps: readonly BenchApp[],
  { fixedAddress }: Pick<Peer, 'fixedAddress'>,
): Promise<void> {
  await UdpClient.with(dns, async (client) => {
    for (const edns of [false, true]) {
      for (const { name, nearest } of apps) {
        const { response } = await client.ask(name, { edns })
        const fault = faultOf(response, { address: fixedAddress ?? nearest, edns })
        if (fault !== undefined) throw new Error(`${name}${edns ? ' with EDNS' : ''}: ${fault}`)
      }
    }
  })
}

/** What is wrong with a response; undefined when it is one address, the right one, and nothing more. */
export function faultOf(
  response: Buffer,
  wanted: { readonly address: string; readonly edns: boolean },
): string | undefined {
  const message = decodeMessage(response)
  const found = describeAnswer(response)
  const isRight = message?.rcode === RCODE_NOERROR && message.answers[0]?.type === TYPE_A
  if (!isRight || found !== wanted.address) return `${found} is given, ${wanted.address} is wanted`
  const more = message.authorities.length + message.additionals.length
  if (more > 0) return `${more} records are given that were not asked for`
  if ((message.edns !== undefined) !== wanted.edns) {
    return wanted.edns ? 'OPT is missing' : 'OPT is given unasked'
  }
  return undefined
}
