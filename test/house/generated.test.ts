import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { packageRoot } from '../../shared/package-root.ts'
import { TestFolder } from '../support/mesh.ts'

it('the types in shared/rpc/generated are those that `npm run proto` makes of proto/', () => {
  const folder = new TestFolder()
  try {
    const generate = join(packageRoot(), 'shared/rpc/generate.ts')
    const { status, stderr } = spawnSync(process.execPath, [generate, folder.path])
    expect({ status, stderr: String(stderr) }).toEqual({ status: 0, stderr: '' })
    const fresh = textsIn(folder.path)
    expect(fresh.size).toBeGreaterThan(10)
    expect(textsIn(join(packageRoot(), 'shared/rpc/generated'))).toEqual(fresh)
  } finally {
    folder.remove()
  }
})

function textsIn(dir: string): ReadonlyMap<string, string> {
  const files = globSync('**/*.ts', { cwd: dir }).sort()
  return new Map(files.map((file) => [file, readFileSync(join(dir, file), 'utf8')]))
}
