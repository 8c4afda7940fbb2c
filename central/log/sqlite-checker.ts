import { extname } from 'node:path'
import { MeridianError } from '../../shared/errors.ts'
import { startThread } from '../../shared/thread.ts'
import type { CheckedLog } from './sqlite-check.ts'
import type { CheckResult } from './sqlite-check-thread.ts'

/** As `checkLog`, in a thread of its own: the one that calls goes on meanwhile. */
export function checkLogAside(path: string): Promise<CheckedLog> {
  const program = new URL(`./sqlite-check-thread${extname(import.meta.url)}`, import.meta.url)
  const thread = startThread(program, { workerData: path, name: 'check' })
  return new Promise((resolve, reject) => {
    thread.on('message', (result: CheckResult) => {
      if (result.ok) resolve(result.checked)
      else reject(new MeridianError(result.code, result.message))
    })
    thread.on('error', reject)
    // Without effect after an answer.
    thread.on('exit', () => reject(new Error(`${path}: the check ended without an answer`)))
  })
}
