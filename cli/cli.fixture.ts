import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { packageRoot } from '../shared/package-root.ts'
import { run } from './run.ts'

/** A request as the fake central got it. */
interface Seen {
  /** Method, path and query in one line: `PUT /v1/clusters/sfo?wait=edges`. */
  readonly line: string
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
}

export interface FakeReply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

export interface FakeCentral {
  readonly url: string
  readonly seen: readonly Seen[]
  close(): Promise<void>
}

/** A real HTTP server that answers each request line from a script: a reply, or one after the other. */
export async function startFakeCentral(
  script: Readonly<Record<string, FakeReply | readonly FakeReply[]>>,
): Promise<FakeCentral> {
  const seen: Seen[] = []
  const used = new Map<string, number>()
  const replyTo = (line: string): FakeReply => {
    const replies = [script[line] ?? { status: 404, body: { detail: `no ${line}` } }].flat()
    const count = used.get(line) ?? 0
    used.set(line, count + 1)
    return replies[Math.min(count, replies.length - 1)] ?? {}
  }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const line = `${request.method} ${request.url}`
      const text = Buffer.concat(chunks).toString()
      const body: unknown = text === '' ? undefined : JSON.parse(text)
      seen.push({ line, headers: request.headers, body })
      const reply = replyTo(line)
      const isProblem = (reply.status ?? 200) >= 400
      response.writeHead(reply.status ?? 200, {
        'content-type': isProblem ? 'application/problem+json' : 'application/json',
        ...reply.headers,
      })
      response.end(reply.body === undefined ? undefined : JSON.stringify(reply.body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new TypeError('no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    seen,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly stdin?: string
}

/** Runs the command as a process of its own, with nothing of this environment. */
export function runCli(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const main = join(packageRoot(), 'cli', 'main.ts')
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...options.env },
    cwd: options.cwd ?? tmpdir(),
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  child.stdin.end(options.stdin ?? '')
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, out, err }))
  })
}

/** Runs the command in this process, which is a hundred times quicker. */
export async function callCli(
  args: readonly string[],
  options: Omit<RunOptions, 'env'> = {},
): Promise<Ran> {
  let out = ''
  let err = ''
  const code = await run(args, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    stdin: Readable.from([Buffer.from(options.stdin ?? '')]),
    isErrTty: false,
    cwd: options.cwd ?? tmpdir(),
  })
  return { code, out, err }
}

/** Makes a folder for the files of a test file. `remove` it at the end. */
export function createFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'meridian-cli-'))
  return { path, remove: () => rmSync(path, { recursive: true }) }
}
