import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'

/**
 * Starts a program as a thread. What it loads comes compiled out of the cache that `cli/main.ts` uses
 * too, which is half of the CPU time that a thread takes until it runs.
 */
export function startThread(
  program: URL,
  options: { readonly workerData: unknown; readonly name: string },
): Worker {
  const boot = new URL(`./thread-boot${extname(import.meta.url)}`, import.meta.url)
  return new Worker(boot, { ...options, argv: [program.href] })
}
