import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { packageRoot } from '../../shared/package-root.ts'
import { TestFolder } from '../support/mesh.ts'

const folder = new TestFolder()
const config = folder.write('central.yaml', {
  dataDir: folder.file('central'),
  grpc: { listen: '127.0.0.1:0' },
  http: { listen: '127.0.0.1:0' },
})
const children: ChildProcess[] = []
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  folder.remove()
})

/** A central that hears of its parent by an IPC channel, as those of `meridian dev` do. */
function spawnCentral(): ChildProcess {
  const main = join(packageRoot(), 'cli/main.ts')
  const child = spawn(process.execPath, [main, 'central', '--config', config], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  children.push(child)
  return child
}

it('a program stops when its parent is gone', async () => {
  const child = spawnCentral()
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (text.includes('central is up')) child.disconnect()
  })
  expect(await once(child, 'exit')).toEqual([0, null])
})

it('a program stops when its parent has gone while it started', async () => {
  const child = spawnCentral()
  child.stderr?.resume()
  child.disconnect()
  expect(await once(child, 'exit')).toEqual([0, null])
})
