import { describe, expect, it } from 'vitest'
import { appHealthSchema } from './check-schema.ts'
import { parsePolicy, policyText } from './policy-schema.ts'

const check = { type: 'icmp' } as const

describe('shed-load in a policy', () => {
  const shed = (low: unknown, high: unknown): object => ({ filter: 'shed-load', low, high })

  it('is read back out of its text', () => {
    const text = JSON.stringify(['nearest', shed(0, 1_000)])
    const parsed = parsePolicy(text)
    expect(parsed.ok && policyText(parsed.policy)).toBe(text)
  })

  it.each<[string, readonly unknown[], string]>([
    ['low is high', ['nearest', shed(70, 70)], '1.high: is not greater than low'],
    ['low is above high', ['nearest', shed(80, 70)], '1.high: is not greater than low'],
    ['not the last', [shed(1, 2), 'nearest'], '0: shed-load has to be the last'],
    [
      'beside another end',
      ['nearest', shed(1, 2), { filter: 'weighted' }],
      '1: shed-load has to be the last',
    ],
    ['without a watermark', ['nearest', { filter: 'shed-load', low: 1 }], '1: '],
    ['beyond the highest load', ['nearest', shed(1, 1_001)], '1.high'],
    ['below nothing', ['nearest', shed(-1, 5)], '1.low'],
    ['a part of a percent', ['nearest', shed(0.5, 5)], '1: '],
    ['something else', ['nearest', { ...shed(1, 2), count: 1 }], '1'],
  ])('is refused: %s', (_what, policy, reason) => {
    const parsed = parsePolicy(JSON.stringify(policy))
    expect(parsed.ok ? 'taken' : parsed.reason).toContain(reason)
  })
})

describe('the health of an app', () => {
  it.each<[string, object, object]>([
    ['says nothing of shares where nothing is given', {}, {}],
    ['with a slow start', { slowStartSeconds: 3_600 }, { slowStartSeconds: 3_600 }],
    ['without one', { slowStartSeconds: 0 }, { slowStartSeconds: 0 }],
    [
      'with relief of regions',
      { regional: {} },
      { regional: { share: 50, step: 20, everySeconds: 10 } },
    ],
    [
      'with a fallback set',
      { whenNotEnough: 'fallback', fallback: ['sfo', 'lhr'] },
      { whenNotEnough: 'fallback', fallback: ['sfo', 'lhr'] },
    ],
  ])('%s', (_what, health, wanted) => {
    expect(appHealthSchema.parse({ check, ...health })).toMatchObject({
      check,
      enoughUpPercent: 0,
      whenNotEnough: 'fail-open',
      ...wanted,
    })
  })

  it.each<[object, string, string]>([
    [{ slowStartSeconds: 3_601 }, 'slowStartSeconds', ''],
    [{ slowStartSeconds: -1 }, 'slowStartSeconds', ''],
    [{ slowStartSeconds: 1.5 }, 'slowStartSeconds', ''],
    [{ regional: { share: 0 } }, 'regional.share', ''],
    [{ regional: { share: 100 } }, 'regional.share', ''],
    [{ regional: { step: 12 } }, 'regional.step', 'multiple of 5'],
    [{ regional: { step: 85 } }, 'regional.step', ''],
    [{ regional: { everySeconds: 1 } }, 'regional.everySeconds', ''],
    [{ regional: { every: 2 } }, 'regional', 'every'],
    [{ whenNotEnough: 'fallback' }, 'fallback', 'is wanted where whenNotEnough is fallback'],
    [
      { fallback: ['sfo'] },
      'fallback',
      'is given, but whenNotEnough is fail-open, fallback is wanted',
    ],
    [
      { whenNotEnough: 'fail-closed', fallback: ['sfo'] },
      'fallback',
      'is given, but whenNotEnough is fail-closed, fallback is wanted',
    ],
    [{ whenNotEnough: 'fallback', fallback: [] }, 'fallback', ''],
    [{ whenNotEnough: 'fallback', fallback: ['sfo', 'sfo'] }, 'fallback', 'holds a cluster twice'],
    [{ whenNotEnough: 'fallback', fallback: ['S F'] }, 'fallback.0', 'is not an id'],
    [
      { whenNotEnough: 'fallback', fallback: Array.from({ length: 101 }, (_, i) => `c${i}`) },
      'fallback',
      '',
    ],
  ])('is refused with %j', (health, path, message) => {
    const [issue] = appHealthSchema.safeParse({ check, ...health }).error?.issues ?? []
    expect(issue?.path.join('.')).toBe(path)
    expect(issue?.message).toContain(message)
  })
})
