import { RCODE_NOERROR, rcodeName } from '../../shared/dns/codes.ts'
import { decodeMessage } from '../../shared/dns/message.ts'
import type { BenchApp } from '../mesh/workload.ts'
import { ascending } from '../report/statistics.ts'
import type { UdpClient } from './udp-client.ts'

/**
 * Asks for one app after the other; resolves with the latencies in ms, ascending. Rejects when an
 * answer is not what it has to be: what is fast and wrong is not worth a time.
 */
export async function askAll(client: UdpClient, apps: readonly BenchApp[]): Promise<Float64Array> {
  const latencies: number[] = []
  for (const { name, nearest } of apps) {
    const { latencyMs, response } = await client.ask(name)
    latencies.push(latencyMs)
    const found = describeAnswer(response)
    if (found === nearest) continue
    throw new Error(`${name} is answered with ${found}, ${nearest} is wanted`)
  }
  return ascending(latencies)
}

/** The addresses of a response, in order, or its rcode; NODATA when it has neither. */
export function describeAnswer(response: Buffer): string {
  const message = decodeMessage(response)
  if (message === undefined) return `octets that are no message: ${response.toString('hex')}`
  if (message.rcode !== RCODE_NOERROR) return rcodeName(message.rcode)
  const addresses = message.answers.map(({ rdata }) =>
    rdata.kind === 'address' ? rdata.address : rdata.kind,
  )
  return addresses.length > 0 ? addresses.join(' ') : 'NODATA'
}
