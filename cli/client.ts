import { z } from 'zod'
import { MeridianError, messageOf } from '../shared/errors.ts'
import { formatProblem } from './problem.ts'
import type { Target } from './target.ts'

/** How long a request that waits for nothing may take. */
const DEADLINE_MS = 10_000
/** How long a text may take that is taken a part at a time: the zone file of millions of records. */
const TEXT_DEADLINE_MS = 600_000
/** The largest answer that is read: a page of 1000 apps, the diff of a large manifest. */
const ANSWER_MAX_BYTES = 256 * 1024 * 1024
/** The largest page that central gives. */
const PAGE_MAX = 1000

export interface Request {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** Under the URL of central; parts are already encoded. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly deadlineMs?: number
}

export interface Answer {
  readonly status: number
  /** The parsed JSON; undefined when there was none. */
  readonly body: unknown
  readonly etag: string | undefined
  /** `Meridian-Version`: the version of central's state that holds the change. */
  readonly version: string | undefined
  /** `Meridian-Edges`: how many of the connected edges serve it, `2/3`. */
  readonly edges: string | undefined
}

/** An object as central shows it; newer ones may have fields that this command does not know. */
export type Item = Readonly<Record<string, unknown>>

const itemSchema = z.record(z.string(), z.unknown())
const pageSchema = z.object({ items: z.array(itemSchema), next: z.string().optional() })

/** A client of the REST interface of one central, or of the admin interface of one edge. */
export class RestClient {
  readonly #target: Target
  readonly #who: string

  constructor(target: Target, who = 'central') {
    this.#target = target
    this.#who = who
  }

  /** Sends a request. Throws only when there is no answer: a refusal is an answer too. */
  async send(request: Request): Promise<Answer> {
    const { url, token } = this.#target
    const deadlineMs = request.deadlineMs ?? DEADLINE_MS
    try {
      const response = await fetch(`${url}${request.path}${queryOf(request.query)}`, {
        method: request.method,
        // A redirect would turn a PUT into a GET, or take the token elsewhere.
        redirect: 'manual',
        signal: AbortSignal.timeout(deadlineMs),
        headers: {
          accept: 'application/json, application/problem+json',
          ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...request.headers,
        },
        ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      })
      const text = await readText(response)
      return {
        status: response.status,
        body: parseJson(text),
        etag: response.headers.get('etag') ?? undefined,
        version: response.headers.get('meridian-version') ?? undefined,
        edges: response.headers.get('meridian-edges') ?? undefined,
      }
    } catch (err) {
      throw this.#failed(err, deadlineMs)
    }
  }

  /**
   * Gets a text a part at a time, however long it is. Throws as `expect` does; reading throws when it takes
   * longer than `TEXT_DEADLINE_MS` or ends before its end.
   */
  async openText(path: string, mediaType: string): Promise<AsyncIterable<Uint8Array>> {
    const { url } = this.#target
    try {
      const response = await fetch(`${url}${path}`, {
        redirect: 'manual',
        signal: AbortSignal.timeout(TEXT_DEADLINE_MS),
        headers: { accept: `${mediaType}, application/problem+json` },
      })
      if (response.status === 200) return this.#chunksOf(response)
      const answer = {
        status: response.status,
        body: parseJson(await readText(response)),
        etag: undefined,
        version: undefined,
        edges: undefined,
      }
      throw this.refusal({ method: 'GET', path }, answer)
    } catch (err) {
      throw this.#failed(err, TEXT_DEADLINE_MS)
    }
  }

  async *#chunksOf(response: Response): AsyncGenerator<Uint8Array, void> {
    const body: AsyncIterable<unknown> | undefined = response.body ?? undefined
    if (body === undefined) return
    try {
      for await (const chunk of body) if (chunk instanceof Uint8Array) yield chunk
    } catch (err) {
      throw this.#failed(err, TEXT_DEADLINE_MS)
    }
  }

  /** Sends a request and throws `MERIDIAN_REQUEST_FAILED` when it is refused. */
  async expect(request: Request): Promise<Answer> {
    const answer = await this.send(request)
    if (answer.status >= 200 && answer.status < 300) return answer
    throw this.refusal(request, answer)
  }

  /** The error that tells of a refusal: what was asked, status, detail, the fields that are wrong. */
  refusal(request: Request, answer: Answer): MeridianError {
    const line = `${request.method} ${this.#target.url}${request.path}: ${formatProblem(answer)}`
    const isTokenless = answer.status === 401 && this.#target.token === undefined
    const hint = isTokenless ? '; no token was given, by --token-file or MERIDIAN_TOKEN' : ''
    return new MeridianError('MERIDIAN_REQUEST_FAILED', line + hint)
  }

  /** Gets one object. */
  async get(path: string, query: Request['query'] = {}): Promise<Item> {
    const request: Request = { method: 'GET', path, query }
    return this.#parse(itemSchema, request, await this.expect(request))
  }

  /** Gets a list by following its pages, to its end or to `limit` objects. */
  async list(path: string, query: Request['query'] = {}, limit = Infinity): Promise<Item[]> {
    const items: Item[] = []
    for await (const page of this.pages(path, query, limit)) items.push(...page)
    return items
  }

  /** As `list`, page by page: for lists that need not be in memory whole. */
  async *pages(
    path: string,
    query: Request['query'] = {},
    limit = Infinity,
    deadlineMs = DEADLINE_MS,
  ): AsyncGenerator<readonly Item[]> {
    let left = limit
    let after = query['after']
    while (left > 0) {
      const size = Math.min(PAGE_MAX, left)
      const asked = { ...query, limit: size, after }
      const request: Request = { method: 'GET', path, query: asked, deadlineMs }
      const page = this.#parse(pageSchema, request, await this.expect(request))
      yield page.items.slice(0, left)
      left -= page.items.length
      if (page.next === undefined) return
      if (page.next === after) throw this.#misshapen(request, 'the next page is the same page')
      after = page.next
    }
  }

  /**
   * Sends a request whose answer is to be read as it comes. Throws `MERIDIAN_CENTRAL_UNREACHABLE` when there
   * is none or central cannot serve now, `MERIDIAN_REQUEST_FAILED` when it refuses.
   */
  async open(request: Request, signal: AbortSignal): Promise<Response> {
    const { url, token } = this.#target
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const headers = { ...authorization, ...request.headers }
    const asked = fetch(`${url}${request.path}${queryOf(request.query)}`, {
      redirect: 'manual',
      signal,
      headers,
    })
    const response = await asked.catch((err: unknown) => {
      const message = this.#unreachable(err, DEADLINE_MS)
      throw new MeridianError('MERIDIAN_CENTRAL_UNREACHABLE', message, { cause: err })
    })
    if (response.status === 200) return response
    const { status } = response
    const body = parseJson(await readText(response))
    const none = { etag: undefined, version: undefined, edges: undefined }
    const { message } = this.refusal(request, { status, body, ...none })
    const code = status < 500 ? 'MERIDIAN_REQUEST_FAILED' : 'MERIDIAN_CENTRAL_UNREACHABLE'
    throw new MeridianError(code, message)
  }

  /** Reads a body by its schema; throws when the other side does not keep to its interface. */
  read<Schema extends z.ZodType>(
    schema: Schema,
    request: Request,
    answer: Answer,
  ): z.output<Schema> {
    return this.#parse(schema, request, answer)
  }

  #parse<Schema extends z.ZodType>(
    schema: Schema,
    request: Request,
    answer: Answer,
  ): z.output<Schema> {
    const parsed = schema.safeParse(answer.body)
    if (parsed.success) return parsed.data
    const [issue] = parsed.error.issues
    throw this.#misshapen(request, `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim())
  }

  #misshapen(request: Request, reason: string): MeridianError {
    const what = `${request.method} ${this.#target.url}${request.path}`
    const message = `${what}: the answer is not one of a Meridian ${this.#who}: ${reason}`
    return new MeridianError('MERIDIAN_REQUEST_FAILED', message)
  }

  #failed(err: unknown, deadlineMs: number): MeridianError {
    if (err instanceof MeridianError) return err
    const message = this.#unreachable(err, deadlineMs)
    return new MeridianError('MERIDIAN_CENTRAL_UNREACHABLE', message, { cause: err })
  }

  #unreachable(err: unknown, deadlineMs: number): string {
    const { url, from } = this.#target
    const place = `${this.#who} at ${url} (from ${from})`
    if (err instanceof Error && err.name === 'TimeoutError') {
      return `${place} did not answer within ${deadlineMs / 1000} s`
    }
    return `cannot reach ${place}: ${reasonOf(err)}`
  }
}

function queryOf(query: Request['query'] = {}): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) params.set(name, String(value))
  }
  return params.size === 0 ? '' : `?${params.toString()}`
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  const body: AsyncIterable<unknown> | undefined = response.body ?? undefined
  if (body === undefined) return ''
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) continue
    length += chunk.length
    if (length > ANSWER_MAX_BYTES) {
      const message = `${response.url}: the answer has more than ${ANSWER_MAX_BYTES} bytes`
      throw new MeridianError('MERIDIAN_REQUEST_FAILED', message)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseJson(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    // A page of some proxy; its status is told instead.
    return undefined
  }
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused, nothing listens there',
  ECONNRESET: 'the connection was reset',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the host name could not be resolved',
  UND_ERR_SOCKET: 'the connection was closed',
}

/** fetch says "fetch failed"; why stands in its causes. */
function reasonOf(err: unknown): string {
  const cause = err instanceof Error ? (err.cause ?? err) : err
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return reasons[code] ?? (messageOf(cause) === '' ? code : messageOf(cause))
}
