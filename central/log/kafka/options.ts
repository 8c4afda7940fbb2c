import { z } from 'zod'
import { isLoopback } from '../../../shared/tls.ts'

/** Brokers that the config may name; they tell of all the others. */
const BROKERS_MAX = 64

const brokerSchema = z
  .string()
  .max(300)
  .regex(/^(?:\[[0-9a-fA-F:.]+\]|[^\s:[\]]+):\d{1,5}$/, {
    error: 'is not a host and port such as kafka.example:9092',
  })
  .transform((text): { readonly host: string; readonly port: number } => {
    const colon = text.lastIndexOf(':')
    const host = text.slice(0, colon).replace(/^\[|\]$/g, '')
    return { host, port: Number(text.slice(colon + 1)) }
  })
  .refine(({ port }) => port >= 1 && port <= 65_535, { error: 'has no port of 1 to 65535' })

const saslSchema = z.strictObject({
  mechanism: z
    .enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])
    .describe('How the brokers are told who this is'),
  username: z.string().min(1).max(300).describe('Name of the user'),
  password: z.string().min(1).max(1000).describe('Its password, best as ${file:PATH} or ${ENV}'),
})

/** How brokers are found and spoken to, wherever Kafka is used. */
export const kafkaConnectionShape = {
  brokers: z
    .array(brokerSchema)
    .min(1)
    .max(BROKERS_MAX)
    .describe('Brokers as host:port to begin with; they name the others'),
  clientId: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,100}$/, {
      error: 'is not a name of 1 to 100 letters, digits, ".", "_" and "-"',
    })
    .default('meridian-central')
    .describe('Name of this central in the logs and quotas of the brokers'),
  requestTimeoutMs: z
    .int()
    .min(1_000)
    .max(60_000)
    .default(5_000)
    .describe('How long a broker may take to answer; after that it counts as out of reach'),
  tls: z
    .strictObject({
      ca: z.string().min(1).optional().describe('PEM file of the CAs that brokers are checked by'),
      cert: z
        .string()
        .min(1)
        .optional()
        .describe('PEM file of the client certificate (mutual TLS)'),
      key: z.string().min(1).optional().describe('PEM file of its private key'),
      serverName: z
        .string()
        .min(1)
        .optional()
        .describe('Name that the certificates must have; default the host of the broker'),
    })
    .refine((tls) => (tls.cert === undefined) === (tls.key === undefined), {
      error: 'has one of cert and key, both or none are wanted',
    })
    .optional()
    .describe('Needed when a broker is not loopback, unless insecure'),
  insecure: z.boolean().default(false).describe('Speak plaintext to a broker that is not loopback'),
  sasl: saslSchema.optional().describe('Who this is, for brokers that ask'),
}

/** Options of the log in Kafka. */
export const kafkaOptionsSchema = z
  .strictObject({
    ...kafkaConnectionShape,
    topic: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,240}$/, {
        error: 'is not a name of 1 to 240 letters, digits, ".", "_" and "-"',
      })
      .default('meridian')
      .describe('Topic that holds the log, of one partition; the same for all centrals'),
    createTopic: z.boolean().default(true).describe('Make the topic when it is not there'),
    replicationFactor: z
      .int()
      .min(1)
      .max(16)
      .default(1)
      .describe('Brokers that keep a copy of a topic that is made; 3 for production'),
    answerTimeoutMs: z
      .int()
      .min(500)
      .max(120_000)
      .default(10_000)
      .describe('How long a write waits for its own record to come back from Kafka'),
  })
  .superRefine(refusePlaintext)

/** The options, parsed. */
export type KafkaOptions = Readonly<z.output<typeof kafkaOptionsSchema>>

/** What says how brokers are spoken to, parsed. */
export type KafkaConnection = Pick<KafkaOptions, keyof typeof kafkaConnectionShape>

/** Refuses plaintext to a broker that is not loopback, unless it is asked for. */
export function refusePlaintext(
  { brokers, tls, insecure }: Pick<KafkaConnection, 'brokers' | 'tls' | 'insecure'>,
  ctx: { readonly addIssue: (issue: { code: 'custom'; message: string }) => void },
): void {
  const open = brokers.find(({ host }) => !isLoopback(host))
  if (open === undefined || tls !== undefined || insecure) return
  const message = `has the broker ${open.host}, which is not loopback: tls is wanted, or insecure: true`
  ctx.addIssue({ code: 'custom', message })
}
