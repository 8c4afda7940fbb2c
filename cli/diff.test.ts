import { describe, expect, it } from 'vitest'
import { renderDiff, type DiffEntry } from './diff.ts'

describe('renderDiff', () => {
  it.each<[string, DiffEntry]>([
    [
      '+ app video.example.\n',
      { action: 'create', kind: 'app', id: 'video.example.', after: { ttl: 1 } },
    ],
    ['- cluster sfo\n', { action: 'delete', kind: 'cluster', id: 'sfo', before: { latitude: 1 } }],
    [
      '~ endpoint video.example. sfo  addresses: [192.0.2.1] -> [192.0.2.1, 192.0.2.2]  weight: 100 -> 50\n',
      {
        action: 'change',
        kind: 'endpoint',
        id: 'video.example. sfo',
        before: { cluster: 'sfo', addresses: ['192.0.2.1'], weight: 100, version: 3 },
        after: { cluster: 'sfo', addresses: ['192.0.2.1', '192.0.2.2'], weight: 50, version: 4 },
      },
    ],
    [
      '~ app video.example.  ttl.max: 30 -> 60\n',
      {
        action: 'change',
        kind: 'app',
        id: 'video.example.',
        before: { ttl: { min: 5, max: 30 } },
        after: { ttl: { min: 5, max: 60 } },
      },
    ],
    [
      '~ cluster sfo  city: Oakland -> (none)  country: (none) -> US\n',
      {
        action: 'change',
        kind: 'cluster',
        id: 'sfo',
        before: { city: 'Oakland' },
        after: { country: 'US' },
      },
    ],
    ['~ zone a\\u000a- zone b\n', { action: 'change', kind: 'zone', id: 'a\n- zone b' }],
  ])('%s', (text, entry) => {
    expect(renderDiff([entry])).toBe(text)
  })

  it('keeps the order of central', () => {
    const ids = ['c', 'a', 'b']
    const entries = ids.map((id): DiffEntry => ({ action: 'create', kind: 'cluster', id }))
    expect(renderDiff(entries)).toBe('+ cluster c\n+ cluster a\n+ cluster b\n')
  })
})
