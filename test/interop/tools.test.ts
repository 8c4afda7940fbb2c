import { expect, it } from 'vitest'
import { requireTool } from './tools.ts'

it('a tool that is not installed fails, with what to install', () => {
  expect(() => requireTool('no-such-tool', 'no-such-package')).toThrow(
    'no-such-tool is not installed, the interop tests want it: apt-get install no-such-package',
  )
})

it('a tool of the PATH is found', () => {
  expect(requireTool('sh', 'dash')).toMatch(/\/sh$/)
})
