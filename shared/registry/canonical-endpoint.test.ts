import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { expect, it } from 'vitest'
import { isCanonicalEndpoint } from './canonical-endpoint.ts'
import { addressSchema, endpointSchema } from './schema.ts'

const good = { cluster: 'sfo', addresses: ['192.0.2.1'], weight: 100, priority: 0 }

it.each([
  good,
  { ...good, addresses: [] },
  { ...good, addresses: ['192.0.2.1', '2001:db8::1'] },
  { ...good, port: 443, owner: 'team', weight: 0, priority: 65_535 },
  { ...good, state: 'draining' },
  { ...good, state: 'disabled' },
  { ...good, addresses: [], target: 'cdn.example.' },
  { ...good, addresses: [], port: 443, target: 'a\\046b.example.' },
])('%j is canonical', (endpoint) => {
  expect(isCanonicalEndpoint(endpoint)).toBe(true)
})

it.each([
  undefined,
  null,
  'sfo',
  [],
  {},
  { ...good, cluster: 'SFO' },
  { ...good, cluster: 7 },
  { ...good, unknown: 1 },
  { ...good, port: undefined },
  { ...good, port: 0 },
  { ...good, port: 65_536 },
  { ...good, weight: '100' },
  { ...good, weight: 1_000_001 },
  { ...good, priority: -1 },
  { ...good, priority: 0.5 },
  { ...good, owner: '' },
  { ...good, state: 'active' },
  { ...good, state: undefined },
  { ...good, owner: 'x'.repeat(201) },
  { ...good, addresses: '192.0.2.1' },
  { ...good, target: 'cdn.example.' },
  { ...good, addresses: [], target: 'cdn.example' },
  { ...good, addresses: [], target: 'CDN.example.' },
  { ...good, addresses: [], target: '.' },
  { ...good, addresses: [], target: '' },
  { ...good, addresses: [], target: 7 },
  { ...good, addresses: [], target: undefined },
  { ...good, addresses: ['192.0.2.1', '192.0.2.1'] },
  { ...good, addresses: ['192.0.2.01'] },
  { ...good, addresses: ['2001:DB8::1'] },
  { ...good, addresses: ['2001:db8:0::1'] },
  { ...good, addresses: ['fe80::1%eth0'] },
  { ...good, addresses: [7] },
  { ...good, addresses: new Array<string>(1) },
  { ...good, addresses: Array.from({ length: 33 }, (_, i) => `192.0.2.${i}`) },
])('%j is not canonical', (value) => {
  expect(isCanonicalEndpoint(value)).toBe(false)
})

const address = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.constantFrom('192.0.2.1', '2001:db8::1', '::ffff:192.0.2.1', '010.0.0.1', '1.2.3', ''),
)
const number = fc.oneof(
  fc.constantFrom(-1, 0, 1, 65_535, 65_536, 1_000_000, 1_000_001, 0.5, Number.NaN, '1'),
  fc.nat(),
)
const anything = fc.record(
  {
    cluster: fc.oneof(fc.constantFrom('sfo', 'a-b', '-', ''), fc.string()),
    addresses: fc.array(address, { maxLength: 4 }),
    weight: number,
    priority: number,
    port: number,
    owner: fc.string(),
    state: fc.constantFrom('active', 'draining', 'disabled', '', 1),
    target: fc.constantFrom('cdn.example.', 'cdn.example', 'Cdn.example.', '.', '', 'a..', 1),
    other: fc.constant(1),
  },
  { requiredKeys: ['cluster', 'addresses'] },
)

it('an endpoint is canonical exactly when the schema gives it back as it is', () => {
  fc.assert(
    fc.property(anything, (value) => {
      const parsed = endpointSchema.safeParse(value)
      const isSame =
        parsed.success && JSON.stringify(sorted(parsed.data)) === JSON.stringify(sorted(value))
      expect(isCanonicalEndpoint(value)).toBe(isSame)
    }),
    { numRuns: 2000 },
  )
})

function sorted(value: object): readonly unknown[] {
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
}

it('an IPv4 address is what ipaddr.js takes for four decimal parts', () => {
  const part = fc.oneof(
    fc.nat(300).map(String),
    fc.constantFrom('00', '01', '0x1', '', ' 1', '256'),
  )
  const text = fc.array(part, { minLength: 3, maxLength: 5 }).map((parts) => parts.join('.'))
  fc.assert(
    fc.property(fc.oneof(text, fc.ipV4()), (candidate) => {
      const isTaken = addressSchema.safeParse(candidate).success
      expect(isTaken).toBe(ipaddr.IPv4.isValidFourPartDecimal(candidate))
    }),
    { numRuns: 2000 },
  )
})
