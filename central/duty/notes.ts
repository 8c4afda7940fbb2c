import { z } from 'zod'

/** Longest text of a field. */
const TEXT_MAX = 300
/** Things that one note lists. */
export const NOTE_ITEMS_MAX = 1_000
/** Notes in one message. */
export const MESSAGE_NOTES_MAX = 20_000

const text = z.string().max(TEXT_MAX)
const endpoint = { app: text, cluster: text }
const session = text
/** As in `health.proto`. */
const stateSchema = z.enum(['UNKNOWN', 'UP', 'DEGRADED', 'DOWN'])

/** What one central tells the others. */
export const noteSchema = z.discriminatedUnion('kind', [
  /** It lives; whether it holds the duty, and which of its sessions something came from. */
  z.object({ kind: z.literal('beat'), claims: z.boolean() }),
  z.object({ kind: z.literal('heard'), sessions: z.array(session).max(NOTE_ITEMS_MAX) }),
  /** It has heard nothing of the others yet. */
  z.object({ kind: z.literal('joined') }),
  /** It ends: nobody has to wait until it is missed. */
  z.object({ kind: z.literal('left') }),
  z.object({ kind: z.literal('vantage'), session, edge: text, cluster: text }),
  z.object({ kind: z.literal('gone'), session }),
  z.object({
    kind: z.literal('findings'),
    session,
    findings: z
      .array(z.object({ ...endpoint, state: stateSchema, detail: text }))
      .max(NOTE_ITEMS_MAX),
  }),
  z.object({
    kind: z.literal('renewed'),
    machines: z.array(z.object({ ...endpoint, machine: text })).max(NOTE_ITEMS_MAX),
  }),
  z.object({
    kind: z.literal('loads'),
    loads: z
      .array(
        z.object({ ...endpoint, machine: text.optional(), load: z.number().min(0).max(1_000) }),
      )
      .max(NOTE_ITEMS_MAX),
  }),
])

/** What one central tells the others. */
export type Note = z.output<typeof noteSchema>

const messageSchema = z.object({
  meridian: z.literal(1),
  from: z.string().regex(/^[0-9a-f]{16}$/),
  notes: z.array(noteSchema).max(MESSAGE_NOTES_MAX),
})

/** Notes with the central that they are of. */
export interface Message {
  readonly from: string
  readonly notes: readonly Note[]
}

/** Reads a message; undefined when it is none. */
export function parseMessage(value: Buffer | null): Message | undefined {
  let json: unknown
  try {
    json = JSON.parse(value?.toString('utf8') ?? '')
  } catch {
    return undefined
  }
  const parsed = messageSchema.safeParse(json)
  return parsed.success ? parsed.data : undefined
}

/** Returns the messages that carry these notes, none longer than `bytes` unless one note alone is. */
export function encodeMessages(from: string, notes: readonly Note[], bytes: number): Buffer[] {
  const messages: Buffer[] = []
  let texts: string[] = []
  let length = 0
  const close = (): void => {
    if (texts.length === 0) return
    messages.push(Buffer.from(`{"meridian":1,"from":"${from}","notes":[${texts.join()}]}`))
    texts = []
    length = 0
  }
  for (const note of notes) {
    const noteText = JSON.stringify(note)
    const noteBytes = Buffer.byteLength(noteText) + 1
    if (length + noteBytes > bytes || texts.length === MESSAGE_NOTES_MAX) close()
    texts.push(noteText)
    length += noteBytes
  }
  close()
  return messages
}
