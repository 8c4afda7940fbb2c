/**
 * Loaded into a program of ours by `--import`: a signal ends one of its threads in the middle of
 * whatever it does, as a fault in it would. The program knows nothing of it.
 */
import { type Worker, isMainThread } from 'node:worker_threads'

/** Which signal ends a thread of which name. */
const victims = [
  ['SIGUSR2', 'data'],
  ['SIGHUP', 'stream'],
] as const

if (isMainThread) {
  const workers = new Set<Worker>()
  process.on('worker', (worker) => {
    workers.add(worker)
    worker.once('exit', () => workers.delete(worker))
  })
  for (const [signal, name] of victims) {
    process.on(signal, () => {
      const victim = [...workers].find((worker) => worker.threadName === name)
      void victim?.terminate()
    })
  }
}
