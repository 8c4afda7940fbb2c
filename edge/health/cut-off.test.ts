import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { checkSchema } from '../../shared/registry/check-schema.ts'
import { createLogger } from '../../shared/log.ts'
import type { ReplicaEndpoint } from '../replica/model.ts'
import { CUT_OFF_MS, CutOff, RETURN_MS } from './cut-off.ts'
import { OwnVerdicts } from './own-verdicts.ts'
import type { CheckTask, Finding } from './task.ts'

const task: CheckTask = {
  id: 1,
  app: 'web.example.',
  cluster: 'sfo',
  addresses: ['192.0.2.1'],
  port: 80,
  check: checkSchema.parse({ type: 'tcp' }),
  state: 'up',
}
const app = {
  policy: 'nearest' as const,
  ttlMin: 0,
  ttlMax: 30,
  endpoints: [{ cluster: 'sfo', addresses: [], weight: 1, priority: 0, health: 'up' as const }],
}

function open(state: Finding['state']) {
  const own = new OwnVerdicts()
  const changed: string[] = []
  let present = state
  const cutOff = new CutOff({
    own,
    findings: {
      findings: () => [{ task: 1, state: present, detail: '' }],
      taskOf: (id) => (id === 1 ? task : undefined),
    },
    onChange: (name) => void changed.push(name),
    logger: createLogger('silent', {}),
  })
  const find = (now: Finding['state']): void => {
    present = now
    cutOff.take({ task: 1, state: now, detail: '' }, task)
  }
  const health = () => own.over('web.example.', app).endpoints[0]?.health ?? 'unknown'
  return { own, changed, cutOff, find, health }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('without central', () => {
  it('own findings count after a while, those too that come then', () => {
    const { cutOff, health, find, changed } = open('down')
    cutOff.lost()
    vi.advanceTimersByTime(CUT_OFF_MS - 1)
    cutOff.lost()
    expect([health(), changed]).toEqual(['up', []])
    vi.advanceTimersByTime(1)
    expect([health(), changed]).toEqual(['down', ['web.example.']])
    find('degraded')
    expect([health(), changed.length]).toEqual(['degraded', 2])
    find('unknown')
    expect(health()).toBe('unknown')
  })

  it('a central that is back in time leaves all as it is', () => {
    const { cutOff, health, find, changed } = open('down')
    cutOff.lost()
    vi.advanceTimersByTime(CUT_OFF_MS - 1)
    cutOff.found()
    vi.advanceTimersByTime(60_000)
    find('down')
    expect([health(), changed, cutOff.isCutOff]).toEqual(['up', [], false])
  })
})

it('what an operator has forced counts all the same', () => {
  const { own } = open('down')
  own.put('web.example.', 'sfo', 'up')
  const forced = { cluster: 'sfo', addresses: [], weight: 1, priority: 0, health: 'down' as const }
  const healthOf = (endpoint: ReplicaEndpoint) =>
    own.over('web.example.', { ...app, endpoints: [endpoint] }).endpoints[0]?.health
  expect(healthOf({ ...forced, forced: true })).toBe('down')
  expect(healthOf(forced)).toBe('up')
})

describe('when central is back', () => {
  it('own findings count until it has been told them', () => {
    const { cutOff, health, changed, own } = open('down')
    cutOff.lost()
    vi.advanceTimersByTime(CUT_OFF_MS)
    cutOff.found()
    vi.advanceTimersByTime(RETURN_MS - 1)
    expect(health()).toBe('down')
    vi.advanceTimersByTime(1)
    expect([health(), changed.length, own.isEmpty, cutOff.isCutOff]).toEqual(['up', 2, true, false])
  })

  it('and lost again before that, they count on', () => {
    const { cutOff, health } = open('down')
    cutOff.lost()
    vi.advanceTimersByTime(CUT_OFF_MS)
    cutOff.found()
    vi.advanceTimersByTime(RETURN_MS - 1)
    cutOff.lost()
    vi.advanceTimersByTime(60_000)
    expect([health(), cutOff.isCutOff]).toEqual(['down', true])
  })
})
