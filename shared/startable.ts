/**
 * Something with a lifetime. Nothing opens a socket, a file or a timer before `start`; after `stop`
 * has resolved all of them are closed. Each is called once, `stop` only after `start` has settled.
 */
export interface Startable {
  start(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts the parts in order; when one fails, stops those that had started, last first, and throws
 * the first error. Returns a function that stops all of them, last first.
 */
export async function startAll(parts: readonly Startable[]): Promise<() => Promise<void>> {
  const started: Startable[] = []
  const stop = async (): Promise<void> => {
    for (const part of started.splice(0).reverse()) await part.stop()
  }
  for (const part of parts) {
    try {
      await part.start()
      started.push(part)
    } catch (err) {
      await stop()
      throw err
    }
  }
  return stop
}
