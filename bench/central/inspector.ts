import { isRecord, parseJsonRecord } from '../json.ts'

/** Twice: what the first has found dead only then gives its pages back. */
const COLLECTIONS = 2
const DEADLINE_MS = 60_000

/**
 * Has a Node process that was started with `--inspect` collect its garbage, all of it, by the Chrome
 * DevTools protocol. `url` is where its inspector listens.
 */
export async function collectGarbage(url: string): Promise<void> {
  const socket = new WebSocket(url)
  const deadline = AbortSignal.timeout(DEADLINE_MS)
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`inspector ${url}: ${why}`))
      deadline.addEventListener('abort', () => fail(`no answer in ${DEADLINE_MS} ms`))
      socket.addEventListener('error', () => fail('the connection failed'))
      const collect = (id: number): void =>
        socket.send(JSON.stringify({ id, method: 'HeapProfiler.collectGarbage' }))
      socket.addEventListener('open', () => collect(1))
      socket.addEventListener('message', ({ data }) => {
        const answer = parseJsonRecord(String(data))
        if (isRecord(answer?.['error'])) fail(JSON.stringify(answer['error']))
        else if (answer?.['id'] === COLLECTIONS) resolve()
        else if (typeof answer?.['id'] === 'number') collect(answer['id'] + 1)
      })
    })
  } finally {
    socket.close()
  }
}
