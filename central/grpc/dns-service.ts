import type { Clock } from '../../shared/clock.ts'
import type { DnsServiceHandlers } from '../../shared/rpc/generated/coredns/dns/DnsService.ts'
import { status } from '@grpc/grpc-js'
import type { GrpcMetrics } from './metrics.ts'

/** `coredns.dns.DnsService`: DNS messages in wire form, as CoreDNS's grpc plugin sends them. */
export function createDnsService(options: {
  /** Answers one message in wire form; undefined when it deserves no answer. */
  readonly answer: (wire: Buffer) => Buffer | undefined
  readonly clock: Clock
  readonly metrics: GrpcMetrics
}): DnsServiceHandlers {
  const { answer, clock, metrics } = options
  return {
    Query: (call, callback) => {
      const startedAt = clock.nowMs()
      const msg = answer(call.request.msg)
      const code = msg === undefined ? 'error' : 'ok'
      if (msg === undefined) {
        callback({ code: status.INVALID_ARGUMENT, details: 'msg is not a DNS query' })
      } else callback(null, { msg })
      metrics.called('dns_query', code, (clock.nowMs() - startedAt) / 1000)
    },
  }
}
