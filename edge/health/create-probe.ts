import type { Clock } from '../../shared/clock.ts'
import { assertNever } from '../../shared/errors.ts'
import type { Check } from '../../shared/registry/check-schema.ts'
import { createCommandProbe } from './command-probe.ts'
import { createDnsProbe } from './dns-probe.ts'
import { createGrpcProbe } from './grpc-probe.ts'
import { createHttpProbe } from './http-probe.ts'
import { createIcmpProbe } from './icmp-probe.ts'
import type { HealthOptions } from './options.ts'
import type { Probe } from './probe.ts'
import { createTcpProbe } from './tcp-probe.ts'
import { createTlsProbe } from './tls-probe.ts'

/** Makes the probe of a check, for all its addresses. `commands` are those of the edge's config. */
export function createProbe(
  check: Check,
  commands: HealthOptions['commands'],
  clock: Clock,
): Probe {
  switch (check.type) {
    case 'tcp':
      return createTcpProbe(check)
    case 'tls':
      return createTlsProbe(check, clock)
    case 'http':
    case 'https':
      return createHttpProbe(check, clock)
    case 'grpc':
      return createGrpcProbe(check, clock)
    case 'dns':
      return createDnsProbe(check)
    case 'icmp':
      return createIcmpProbe(check)
    case 'command':
      return createCommandProbe(check, commands)
    default:
      return assertNever(check)
  }
}
