import { z } from 'zod'
import { formatSocketAddress, socketAddressSchema } from '../../shared/config/socket-address.ts'

/** What can be said about the sockets of an edge, in the config under `listen`. */
export const listenOptionsSchema = z.strictObject({
  addresses: z
    .array(socketAddressSchema)
    .min(1)
    .max(64)
    .refine((list) => new Set(list.map(formatSocketAddress)).size === list.length, {
      error: 'holds an address twice',
    })
    .prefault(['0.0.0.0:53', '[::]:53'])
    .describe(
      'Addresses with ports, each served over UDP and TCP (RFC 7766 §5 wants both). Port 0 takes ' +
        'one port that is free in both. On a machine with several addresses list each of them: ' +
        'a UDP answer from 0.0.0.0 or :: may leave from another address than was asked.',
    ),
  threads: z
    .int()
    .min(0)
    .max(64)
    .optional()
    .describe(
      'Data threads at each address: UDP sockets that share its port and answer from the answer ' +
        'table. Default one for each core; 0: none, UDP is served by the control thread.',
    ),
  streamThreads: z
    .int()
    .min(0)
    .max(16)
    .default(1)
    .describe(
      'Stream threads at each address: they share its TCP port and answer from the answer table. 0, ' +
        'or no data threads: TCP is served by the control thread.',
    ),
  udpInFlightMax: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(10_000)
    .describe(
      'UDP messages in work at each address, count. Above it new ones are dropped: an answer that ' +
        'comes after the client has given up helps nobody.',
    ),
  tcpConnectionsMax: z
    .int()
    .min(1)
    .max(100_000)
    .default(1000)
    .describe(
      'TCP connections at all addresses, count. Above it new ones are closed at once. Each takes a ' +
        'file descriptor, and in the worst case about 1.5 MB.',
    ),
  tcpConnectionsPerClientMax: z
    .int()
    .min(1)
    .max(100_000)
    .default(100)
    .describe(
      'TCP connections of one client (an IPv4 address, an IPv6 /64), count, so that one cannot ' +
        'take all (RFC 7766 §6.2.2 asks clients for one or two; many can stand behind one address).',
    ),
  tcpIdleTimeoutMs: z
    .int()
    .min(100)
    .max(600_000)
    .default(10_000)
    .describe(
      'Milliseconds after which an idle TCP connection is closed, and that one message may take to ' +
        'arrive. RFC 7766 §6.2.3 wants a few seconds, less under load.',
    ),
  tcpInFlightMax: z
    .int()
    .min(1)
    .max(10_000)
    .default(100)
    .describe(
      'Messages in work on one TCP connection, count. At it the connection is not read until ' +
        'answers have gone out; nothing is lost.',
    ),
  drainMs: z
    .int()
    .min(0)
    .max(60_000)
    .default(5000)
    .describe('Milliseconds that a stop waits for the answers of what is in work.'),
})

export type ListenOptions = z.output<typeof listenOptionsSchema>
