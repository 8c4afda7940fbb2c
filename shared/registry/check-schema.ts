import { z } from 'zod'
import {
  CHECK_BODY_MAX_CHARACTERS,
  CHECK_HEADERS_MAX,
  CHECK_INTERVAL_MAX_MS,
  CHECK_INTERVAL_MIN_MS,
  CHECK_TEXT_MAX_CHARACTERS,
  CHECK_TIMES_MAX,
  FALLBACK_CLUSTERS_MAX,
  PORT_MAX,
  SHARE_STEP_MAX_SECONDS,
  SHARE_STEP_MIN_SECONDS,
  SLOW_START_MAX_SECONDS,
} from './limits.ts'
import { labelSchema } from './fields.ts'

/**
 * How edges find out whether an endpoint works: what is asked of each of its addresses, how often, and
 * how many results in a row turn the opinion of one edge.
 */

const text = z.string().min(1).max(CHECK_TEXT_MAX_CHARACTERS)
/** No control characters, and no colon where it would end the name: what HTTP lets a header hold. */
const headerValue = z
  .string()
  .max(CHECK_TEXT_MAX_CHARACTERS)
  .regex(/^[\t\x20-\x7e]*$/, { error: 'holds a character that no header may hold' })
const headerName = z
  .string()
  .max(CHECK_TEXT_MAX_CHARACTERS)
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, { error: 'is not the name of a header (RFC 9110 §5.1)' })
const port = z.int().min(1).max(PORT_MAX)
const times = z.int().min(1).max(CHECK_TIMES_MAX)

const timing = {
  intervalMs: z
    .int()
    .min(CHECK_INTERVAL_MIN_MS)
    .max(CHECK_INTERVAL_MAX_MS)
    .default(10_000)
    .meta({ description: 'From the beginning of one probe of an address to that of the next' }),
  timeoutMs: z
    .int()
    .min(10)
    .max(60_000)
    .default(2_000)
    .meta({ description: 'A probe without a result by then has failed; below intervalMs' }),
  rise: times.default(2).meta({ description: 'Good results in a row until an address is up' }),
  fall: times.default(2).meta({ description: 'Bad results in a row until an address is down' }),
}

/** What a TLS connection of a check is held to. */
const tls = {
  serverName: text
    .optional()
    .meta({ description: 'Name for SNI and for the certificate; default the name of the app' }),
  verify: z
    .boolean()
    .default(true)
    .meta({ description: 'Whether the certificate must be valid for the name' }),
  daysLeft: z
    .int()
    .min(0)
    .max(365)
    .default(0)
    .meta({ description: 'Degraded when the certificate ends in fewer days' }),
}

const statusPattern = /^[1-5]\d\d(?:-[1-5]\d\d)?$/
const http = {
  method: z.enum(['GET', 'HEAD', 'POST', 'OPTIONS']).default('GET'),
  path: z
    .string()
    .max(CHECK_TEXT_MAX_CHARACTERS)
    .regex(/^\/[\x21-\x7e]*$/, { error: 'is not a path: it begins with / and holds no blanks' })
    .default('/'),
  host: text
    .optional()
    .meta({ description: 'Host header, with a port where needed; default the name of the app' }),
  headers: z
    .record(headerName, headerValue)
    .refine((headers) => Object.keys(headers).length <= CHECK_HEADERS_MAX, {
      error: `has more than ${CHECK_HEADERS_MAX} headers`,
    })
    .default({}),
  status: z
    .array(
      z.string().regex(statusPattern, { error: 'is not a status such as 200 or a span of them' }),
    )
    .min(1)
    .max(16)
    .default(['200-399'])
    .meta({ description: 'Statuses that are good: 200, or a span such as 200-299' }),
  bodyContains: z
    .string()
    .min(1)
    .max(CHECK_BODY_MAX_CHARACTERS)
    .optional()
    .meta({ description: 'Text that must stand in the first 64 KiB of the body' }),
}

/** One check. `port`: of the endpoint, where the endpoint names one and the check does not. */
export const checkSchema = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('tcp'), port: port.optional(), ...timing }),
    z.strictObject({ type: z.literal('tls'), port: port.optional(), ...tls, ...timing }),
    z.strictObject({ type: z.literal('http'), port: port.optional(), ...http, ...timing }),
    z.strictObject({ type: z.literal('https'), port: port.optional(), ...http, ...tls, ...timing }),
    z.strictObject({
      type: z.literal('grpc'),
      port: port.optional(),
      service: z
        .string()
        .max(CHECK_TEXT_MAX_CHARACTERS)
        .default('')
        .meta({ description: 'Service of grpc.health.v1; empty for the whole server' }),
      useTls: z.boolean().default(false),
      ...tls,
      ...timing,
    }),
    z.strictObject({
      type: z.literal('dns'),
      port: port.optional(),
      qname: text.optional().meta({ description: 'Default the name of the app' }),
      qtype: z.enum(['A', 'AAAA', 'SOA', 'NS', 'TXT']).default('A'),
      ...timing,
    }),
    z.strictObject({ type: z.literal('icmp'), ...timing }),
    z.strictObject({
      type: z.literal('command'),
      command: text.meta({
        description: "Name of a command in the edge's own config (health.commands)",
      }),
      ...timing,
    }),
  ])
  .refine((check) => check.timeoutMs <= check.intervalMs, {
    error: 'is greater than intervalMs',
    path: ['timeoutMs'],
  })
  .refine((check) => !('method' in check && check.method === 'HEAD' && check.bodyContains), {
    error: 'cannot be found: the answer to HEAD has no body',
    path: ['bodyContains'],
  })

/** A check with all its defaults. */
export type Check = Readonly<z.output<typeof checkSchema>>
/** Kinds of checks. */
export type CheckType = Check['type']

/** The most that is withheld of the endpoints of a region, in percent: what is up is never left without any. */
export const REGION_WITHHELD_MAX_PERCENT = 80
/** What shares are counted in, in percent. */
const SHARE_STEP_PERCENT = 5

/** How the endpoints of a region are relieved when much of it is down. */
const regionalSchema = z
  .strictObject({
    share: z.int().min(1).max(99).default(50).meta({
      description: 'When more percent of the endpoints of a region are down, the rest is relieved',
    }),
    step: z
      .int()
      .min(SHARE_STEP_PERCENT)
      .max(REGION_WITHHELD_MAX_PERCENT)
      .multipleOf(SHARE_STEP_PERCENT)
      .default(20)
      .meta({ description: 'Percent of their queries by which it is relieved more, or less' }),
    everySeconds: z
      .int()
      .min(SHARE_STEP_MIN_SECONDS)
      .max(SHARE_STEP_MAX_SECONDS)
      .default(10)
      .meta({ description: 'From one step to the next' }),
  })
  .meta({ description: 'Relieves a region step by step while too much of it is down' })

/** What health means for an app: how it is found out, and what is answered when too little works. */
export const appHealthSchema = z
  .strictObject({
    check: checkSchema,
    enoughUpPercent: z.int().min(0).max(100).default(0).meta({
      description:
        'When fewer of the endpoints are up, or none, health says nothing and whenNotEnough holds',
    }),
    whenNotEnough: z.enum(['fail-open', 'fail-closed', 'fallback']).default('fail-open').meta({
      description:
        'fail-open: answer as if all were up; fail-closed: no address at all; fallback: the fallback set',
    }),
    fallback: z
      .array(labelSchema)
      .min(1)
      .max(FALLBACK_CLUSTERS_MAX)
      .refine((list) => new Set(list).size === list.length, { error: 'holds a cluster twice' })
      .optional()
      .meta({
        description:
          'Clusters whose endpoints are answered when too little else is up, and never otherwise',
      }),
    // Without a default, so that apps of older records compare equal.
    slowStartSeconds: z.int().min(0).max(SLOW_START_MAX_SECONDS).optional().meta({
      description:
        'Over so long an endpoint that was down comes back, from 20 % of its queries on; without it at once',
    }),
    regional: regionalSchema.optional(),
  })
  .superRefine(({ whenNotEnough, fallback }, ctx) => {
    if ((whenNotEnough === 'fallback') === (fallback !== undefined)) return
    const message =
      fallback === undefined
        ? 'is wanted where whenNotEnough is fallback'
        : `is given, but whenNotEnough is ${whenNotEnough}, fallback is wanted`
    ctx.addIssue({ code: 'custom', path: ['fallback'], message, input: fallback })
  })
