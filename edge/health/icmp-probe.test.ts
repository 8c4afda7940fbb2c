import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { checkSchema } from '../../shared/registry/check-schema.ts'
import { createIcmpProbe } from './icmp-probe.ts'
import type { ProbeResult } from './probe.ts'
import { targetOf } from './probe-fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'meridian-ping-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A program in the place of ping, which is not everywhere, and not everywhere allowed. */
function pingThat(name: string, script: string): string {
  const file = join(folder, name)
  writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return file
}

function probe(program: string, address = '192.0.2.1', timeoutMs = 1_500): Promise<ProbeResult> {
  const check = checkSchema.parse({ type: 'icmp', timeoutMs })
  if (check.type !== 'icmp') throw new Error('not icmp')
  return createIcmpProbe(check, program)(
    targetOf(undefined, address),
    AbortSignal.timeout(timeoutMs),
  )
}

it('runs ping once, with numbers only, and waits for the timeout in whole seconds', async () => {
  const program = pingThat('arguments', `printf "%s" "$*" > ${folder}/said`)
  expect(await probe(program)).toEqual({ ok: true })
  expect(readFileSync(join(folder, 'said'), 'utf8')).toBe('-n -q -c 1 -W 2 192.0.2.1')
})

it.each([
  { does: 'gets no reply', script: 'exit 1', result: { ok: false, detail: 'no echo reply' } },
  {
    does: 'may not send',
    script: 'echo "Operation not permitted" >&2; exit 2',
    result: { ok: 'unknown', detail: 'ping ended with 2: Operation not permitted' },
  },
  {
    does: 'complains, with the code of no reply',
    script: 'echo "permission denied" >&2; exit 1',
    result: { ok: 'unknown', detail: 'ping ended with 1: permission denied' },
  },
  {
    does: 'is ended by somebody',
    script: 'kill -KILL $$',
    result: { ok: 'unknown', detail: 'ping was ended by SIGKILL' },
  },
])('a ping that $does', async ({ does, script, result }) => {
  expect(await probe(pingThat(does.replaceAll(' ', '-'), script))).toEqual(result)
})

it('a ping that does not end is ended', async () => {
  expect(await probe(pingThat('slow', 'sleep 60'), '192.0.2.1', 200)).toEqual({
    ok: false,
    detail: 'no echo reply within 200 ms',
  })
})

it('knows nothing where there is no ping', async () => {
  const result = await probe(join(folder, 'none'))
  expect(result.ok).toBe('unknown')
  expect(result).toHaveProperty('detail', expect.stringMatching(/^ping cannot be run: .*ENOENT/))
})

it('never hands over what ping could take for an option', async () => {
  const program = pingThat('untouched', `touch ${folder}/touched`)
  expect(await probe(program, '-f')).toEqual({ ok: 'unknown', detail: '-f is no IP address' })
  expect(() => readFileSync(join(folder, 'touched'))).toThrow('ENOENT')
})
