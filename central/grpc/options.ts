import { z } from 'zod'
import { socketAddressSchema } from '../../shared/config/socket-address.ts'

/** Options of the gRPC interface that edges and CoreDNS use. */
export const grpcOptionsSchema = z.strictObject({
  listen: socketAddressSchema.prefault('127.0.0.1:7053').describe('Address and port of gRPC'),
  tls: z
    .strictObject({
      cert: z.string().min(1).describe('PEM file of the certificate chain'),
      key: z.string().min(1).describe('PEM file of the private key'),
      clientCa: z
        .string()
        .min(1)
        .optional()
        .describe('PEM file of the CAs whose client certificates are wanted (mutual TLS)'),
    })
    .optional()
    .describe('Needed when listen is not loopback, unless insecure'),
  insecure: z
    .boolean()
    .default(false)
    .describe('Serve without TLS on an address that is not loopback'),
  confirmStates: z
    .boolean()
    .default(false)
    .describe(
      'Edges take the state of this central whatever it lacks of theirs: for a log that was begun anew on purpose',
    ),
  edgesMax: z
    .int()
    .min(1)
    .max(100_000)
    .default(5_000)
    .describe('Edges that may be connected at once; one more is told RESOURCE_EXHAUSTED'),
  namesPerEdgeMax: z
    .int()
    .min(1_000)
    .max(10_000_000)
    .default(1_000_000)
    .describe('Names that one on-demand edge may hear of; bounds the memory it costs'),
})

export type GrpcOptions = Readonly<z.output<typeof grpcOptionsSchema>>
