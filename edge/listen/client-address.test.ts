import { describe, expect, it, test } from 'vitest'
import { clientKey, withoutZone } from './client-address.ts'

test('a zone is cut off', () => {
  expect(withoutZone('fe80::1%eth0')).toBe('fe80::1')
  expect(withoutZone('192.0.2.1')).toBe('192.0.2.1')
})

describe('two addresses are one client', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.2', false],
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['fe80::1%eth0', 'fe80::2', true],
  ])('%s and %s: %s', (one, other, same) => {
    expect(clientKey(one) === clientKey(other)).toBe(same)
  })
})
