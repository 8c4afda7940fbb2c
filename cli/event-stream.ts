import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { MeridianError, messageOf } from '../shared/errors.ts'
import type { Item, Request, RestClient } from './client.ts'

/** Central sends something every 15 s. */
const IDLE_MS = 60_000
/** The longest line: a change with a thousand large events. */
const LINE_MAX_CHARACTERS = 64 * 1024 * 1024
/** The first pause before it is tried again; it doubles. */
const PAUSE_MS = 250
/** The longest pause between two tries. */
const PAUSE_MAX_MS = 10_000

export interface FollowOptions {
  /** The version to begin after. */
  readonly after: number
  readonly query: NonNullable<Request['query']>
  /** Hears that the connection was lost and why, once until it is there again. */
  readonly onLost: (reason: string) => void
}

/**
 * Yields the changes after a version and all that come, without end. A connection that is lost is made
 * anew, and goes on where it was. Throws when the first one fails, or when central refuses.
 */
export async function* followEvents(
  client: RestClient,
  { after, query, onLost }: FollowOptions,
): AsyncGenerator<Item> {
  let lastId = after
  let pauseMs = PAUSE_MS
  let wasConnected = false
  let isLost = false
  for (;;) {
    const request: Request = {
      method: 'GET',
      path: '/v1/events/stream',
      query,
      headers: { accept: 'text/event-stream', 'last-event-id': String(lastId) },
    }
    let told: string | undefined
    let reason = 'central has ended the stream'
    try {
      for await (const message of messagesOf(linesOf(client, request))) {
        wasConnected = true
        isLost = false
        pauseMs = PAUSE_MS
        if (message.id !== undefined) lastId = message.id
        if (message.event === 'end') told = reasonOf(message.data)
        if (message.event === 'change') yield changeSchema.parse(JSON.parse(message.data))
      }
    } catch (err) {
      const isOver = err instanceof MeridianError && err.code === 'MERIDIAN_CENTRAL_UNREACHABLE'
      if (!wasConnected || !isOver) throw err
      reason = messageOf(err)
    }
    if (!isLost) onLost(told ?? reason)
    isLost = true
    await sleep(pauseMs)
    pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS)
  }
}

const changeSchema = z.record(z.string(), z.unknown())
const endSchema = z.object({ detail: z.string() })

function reasonOf(data: string): string {
  const parsed = endSchema.safeParse(JSON.parse(data))
  return parsed.success ? parsed.data.detail : data
}

/** The lines of an answer as they come, until nothing comes for too long. */
async function* linesOf(client: RestClient, request: Request): AsyncGenerator<string> {
  const aborter = new AbortController()
  let timer = setTimeout(() => aborter.abort(), IDLE_MS)
  try {
    const { body } = await client.open(request, aborter.signal)
    const decoder = new TextDecoder()
    const chunks: AsyncIterable<Uint8Array> | undefined = body ?? undefined
    let begun = ''
    for await (const chunk of chunks ?? []) {
      clearTimeout(timer)
      timer = setTimeout(() => aborter.abort(), IDLE_MS)
      const parts = (begun + decoder.decode(chunk, { stream: true })).split('\n')
      begun = parts.pop() ?? ''
      if (begun.length > LINE_MAX_CHARACTERS) {
        throw new MeridianError('MERIDIAN_REQUEST_FAILED', 'central sent a line without an end')
      }
      yield* parts
    }
  } catch (err) {
    if (err instanceof MeridianError) throw err
    const message = aborter.signal.aborted
      ? `central sent nothing for ${IDLE_MS / 1000} s`
      : `the connection was lost: ${messageOf(err)}`
    throw new MeridianError('MERIDIAN_CENTRAL_UNREACHABLE', message, { cause: err })
  } finally {
    clearTimeout(timer)
    aborter.abort()
  }
}

interface Message {
  readonly id: number | undefined
  readonly event: string
  readonly data: string
}

/** Server-sent events: fields in lines, an empty line ends a message. */
async function* messagesOf(lines: AsyncIterable<string>): AsyncGenerator<Message> {
  let id: number | undefined
  let event = ''
  let data = ''
  for await (const line of lines) {
    if (line === '') {
      yield { id, event, data }
      id = undefined
      event = ''
      data = ''
      continue
    }
    const [, name, value = ''] = /^(\w+): ?(.*)$/s.exec(line) ?? []
    if (name === 'id') id = Number(value)
    else if (name === 'event') event = value
    else if (name === 'data') data += value
  }
}
