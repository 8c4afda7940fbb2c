import { describe, expect, it } from 'vitest'
import { parsePolicy, policySchema, policyText } from './policy-schema.ts'

const every = [
  'healthy',
  'not-draining',
  'failover',
  'own-cluster-first',
  { filter: 'max-distance', km: 5_000 },
  { filter: 'country', rules: { US: ['sfo', 'ewr'] }, default: ['lhr'] },
  { filter: 'region', rules: { emea: ['lhr'] } },
  { filter: 'bias', clusters: { sfo: -99, lhr: 99 } },
  'nearest',
  'heaviest',
  { filter: 'spread', km: 100, count: 3 },
]

describe('a policy', () => {
  it.each([['nearest'], ['failover'], [every], [['healthy']]])(
    '%j is the same again out of its text',
    (given) => {
      const policy = policySchema.parse(given)
      expect(parsePolicy(policyText(policy))).toEqual({ ok: true, policy })
    },
  )

  it('a spread without a count has 8', () => {
    expect(policySchema.parse([{ filter: 'spread', km: 1 }])).toEqual([
      { filter: 'spread', km: 1, count: 8 },
    ])
  })
})

const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`c${i}`, 1]))

it.each<[string, unknown, string]>([
  ['no filters', [], 'Too small'],
  ['an unknown name', 'farthest', 'Invalid'],
  ['an unknown filter', ['lottery'], 'Invalid'],
  ['an unknown filter with settings', [{ filter: 'lottery' }], 'Invalid'],
  ['a filter with too much', [{ filter: 'first', count: 1, km: 1 }], 'Unrecognized key'],
  ['a filter twice', ['nearest', 'nearest'], 'nearest stands in the list already'],
  ['17 filters', Array.from({ length: 17 }, () => 'nearest'), 'Too big'],
  ['a bias of 100', [{ filter: 'bias', clusters: { sfo: 100 } }, 'nearest'], '<=99'],
  ['a bias for 501', [{ filter: 'bias', clusters: many(501) }, 'nearest'], 'more than 500'],
  [
    'a bias of nothing',
    [{ filter: 'bias', clusters: { a: 1 } }, 'heaviest'],
    'bias changes nothing here',
  ],
  [
    'a bias too late',
    ['nearest', { filter: 'bias', clusters: { a: 1 } }],
    'bias changes nothing here',
  ],
  ['first of nothing', [{ filter: 'first', count: 0 }], '>=1'],
  ['nine', [{ filter: 'first', count: 9 }], '<=8'],
  ['first not last', [{ filter: 'first', count: 2 }, 'nearest'], 'first has to be the last'],
  ['healthy too late', ['nearest', 'healthy'], 'healthy has to stand before nearest'],
  ['farther than the antipode', [{ filter: 'max-distance', km: 30_000 }], '<=20040'],
])('%s is refused', (_what, policy, message) => {
  const parsed = policySchema.safeParse(policy)
  expect(parsed.success).toBe(false)
  expect(JSON.stringify(parsed.error?.issues)).toContain(message)
})

it.each([
  ['farthest', 'is none of nearest, nearest-client, failover, weighted, latency'],
  ['["nearest"', 'is not JSON'],
  ['["lottery"]', '0: '],
  ['[]', 'Too small'],
])('the text %s is none', (text, reason) => {
  const parsed = parsePolicy(text)
  expect(parsed.ok ? '' : parsed.reason).toContain(reason)
})
