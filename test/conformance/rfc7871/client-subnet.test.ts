import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { optBytes, queryBytes } from '../../../edge/query/query-bytes.ts'
import { EDNS_OPTION_ECS, TYPE_A, TYPE_AAAA } from '../../../shared/dns/codes.ts'
import { nameToWire, toName } from '../../../shared/dns/name.ts'
import { pops } from '../../support/manifests.ts'
import { CentralUnderTest, EdgeUnderTest, TestFolder } from '../../support/mesh.ts'
import { until } from '../../support/program.ts'
import { exchange } from '../exchange.ts'

const folder = new TestFolder()
const central = new CentralUnderTest(folder)
const trusting = { clients: { ecs: { trusted: ['127.0.0.1/32'] } }, latency: { enabled: false } }
const edgeOf = (id: string, config: Readonly<Record<string, unknown>>): EdgeUnderTest =>
  new EdgeUnderTest(folder, id, () => central.grpc, config)
const edges = {
  'data threads': edgeOf('sfo', { ...trusting, replica: { kind: 'full' } }),
  'node:dgram': edgeOf('ewr', { ...trusting, listen: { threads: 0 } }),
  distrusting: edgeOf('lhr', {}),
}
const believers = [
  ['data threads', 'udp'],
  ['data threads', 'tcp'],
  ['node:dgram', 'udp'],
] as const

const endpoints = [
  { cluster: 'sfo', addresses: ['192.0.2.1'] },
  { cluster: 'ewr', addresses: ['192.0.2.2'] },
  { cluster: 'lhr', addresses: ['192.0.2.3'] },
]
const networks = [
  { id: 'london', prefixes: ['203.0.113.0/24', '2001:db8:1::/48'], cluster: 'lhr' },
  // Two prefixes of one place beside each other, and one that lies in a wider one.
  { id: 'coast', prefixes: ['198.18.0.0/16'], cluster: 'sfo' },
  { id: 'lab', prefixes: ['198.18.64.0/24', '198.18.65.0/24'], cluster: 'ewr' },
]

beforeAll(async () => {
  await central.start()
  await central.apply({
    clusters: pops(),
    zones: [{ apex: 'example', ns: ['ns.example'] }],
    networks,
    apps: [
      { name: 'client.example', policy: 'nearest-client', endpoints },
      { name: 'edge.example', policy: 'nearest', endpoints },
      {
        name: 'sticky.example',
        policy: [{ filter: 'weighted', sticky: true }],
        endpoints,
      },
      {
        name: 'rule.example',
        policy: [{ filter: 'network', rules: { london: ['lhr'] }, default: [] }],
        endpoints,
      },
    ],
  })
  const all = Object.values(edges)
  await Promise.all(all.map((edge) => edge.start()))
  await Promise.all(all.map((edge) => edge.connected()))
  // The networks have come, and the answers by them are made.
  for (const edge of [edges['data threads'], edges['node:dgram']]) {
    await until('the networks', async () => {
      const { addresses } = await ask(edge, 'client.example', [1, 24, 203, 0, 113])
      return addresses.join() === '192.0.2.3' ? true : undefined
    })
  }
}, 60_000)
afterAll(async () => {
  await Promise.all(Object.values(edges).map((edge) => edge.end()))
  await central.end()
  folder.remove()
})

/** `subnet`: family, source prefix length, octets of the address. */
async function ask(
  edge: EdgeUnderTest,
  name: string,
  subnet: readonly number[] | undefined,
  transport: 'udp' | 'tcp' = 'udp',
  qtype = TYPE_A,
) {
  const [family = 0, source = 0, ...octets] = subnet ?? []
  const data = Buffer.from([0, family, source, 0, ...octets])
  const asked = subnet === undefined ? [] : [{ code: EDNS_OPTION_ECS, data }]
  const records = [optBytes({ options: asked })]
  const query = queryBytes({ qname: nameToWire(toName(name)), qtype, records })
  const response = await exchange(edge.dns, query, transport)
  const options = response.edns?.options ?? []
  return {
    rcode: response.rcode,
    addresses: response.answers.flatMap((answer) => (answer.type === 'A' ? [answer.data] : [])),
    option: options.find(({ code }) => code === EDNS_OPTION_ECS)?.data,
  }
}

const scopeOf = (option: Buffer | undefined): number | undefined => option?.[3]

describe.each(believers)('rfc7871 on %s over %s', (kind, transport) => {
  const edge = edges[kind]

  it.each<[string, readonly number[], string, number]>([
    ['§7.2.1: a client in a network', [1, 24, 203, 0, 113], '192.0.2.3', 24],
    ['§7.2.1: one of IPv6', [2, 56, 0x20, 1, 13, 0xb8, 0, 1, 0], '192.0.2.3', 48],
    ['§7.2.1: a shorter prefix than the network', [1, 16, 198, 18], '192.0.2.1', 18],
    ['§7.2.1: the more specific network', [1, 24, 198, 18, 64], '192.0.2.2', 23],
    ['§7.2.1: its neighbour has another answer', [1, 24, 198, 18, 66], '192.0.2.1', 23],
    ['§11.1: of a whole address no more than 24 bits', [1, 32, 203, 0, 113, 9], '192.0.2.3', 24],
  ])('%s gets its own answer, with its scope', async (_what, subnet, address, scope) => {
    const { addresses, option } = await ask(edge, 'client.example', subnet, transport)
    expect({ addresses, scope: scopeOf(option) }).toEqual({ addresses: [address], scope })
  })

  it('§7.2.1: the option of the answer is that of the query but for the scope', async () => {
    const { option } = await ask(edge, 'client.example', [1, 20, 203, 0, 112], transport)
    expect(option?.subarray(0, 3)).toEqual(Buffer.from([0, 1, 20]))
    expect(option?.subarray(4)).toEqual(Buffer.from([203, 0, 112]))
  })

  it('§7.2.1: no option for who sends none', async () => {
    const { addresses, option } = await ask(edge, 'client.example', undefined, transport)
    expect(addresses).toHaveLength(1)
    expect(option).toBeUndefined()
  })

  it('§7.2.1: scope 0 where the client is of no account', async () => {
    const { option } = await ask(edge, 'edge.example', [1, 24, 203, 0, 113], transport)
    expect(scopeOf(option)).toBe(0)
    const missing = await ask(edge, 'none.example', [1, 24, 203, 0, 113], transport)
    expect({ rcode: missing.rcode, scope: scopeOf(missing.option) }).toEqual({
      rcode: 'NXDOMAIN',
      scope: 0,
    })
    const nodata = await ask(edge, 'client.example', [1, 24, 203, 0, 113], transport, TYPE_AAAA)
    expect({ rcode: nodata.rcode, scope: scopeOf(nodata.option) }).toEqual({
      rcode: 'NOERROR',
      scope: 0,
    })
  })

  it('§7.1.2: a source prefix of 0 is answered without the client, and scope 0', async () => {
    const [told, plain] = [
      await ask(edge, 'client.example', [1, 0], transport),
      await ask(edge, 'client.example', undefined, transport),
    ]
    expect(told.addresses).toEqual(plain.addresses)
    expect(scopeOf(told.option)).toBe(0)
  })

  it('a negative answer of one network is kept apart from the answer of another', async () => {
    const london = await ask(edge, 'rule.example', [1, 24, 203, 0, 113], transport)
    expect({ ...london, option: scopeOf(london.option) }).toEqual({
      rcode: 'NOERROR',
      addresses: ['192.0.2.3'],
      option: 24,
    })
    const others = await ask(edge, 'rule.example', [1, 24, 198, 18, 64], transport)
    expect(others.addresses).toEqual([])
    expect(scopeOf(others.option)).toBeGreaterThan(0)
  })

  it('what goes by the client itself holds for its prefix alone, and stays the same', async () => {
    const found = new Set<string>()
    for (let i = 0; i < 24; i++) {
      const subnet = [1, 24, 10, 0, i]
      const first = await ask(edge, 'sticky.example', subnet, transport)
      const again = await ask(edge, 'sticky.example', subnet, transport)
      expect(again).toEqual(first)
      expect(scopeOf(first.option)).toBe(24)
      found.add(first.addresses.join())
    }
    expect(found.size).toBe(3)
  })

  it.each([
    ['too few octets', [1, 24, 203, 0]],
    ['too many octets', [1, 24, 203, 0, 113, 0]],
    ['bits beyond the prefix', [1, 23, 203, 0, 113]],
    ['a prefix that is too long', [1, 33, 203, 0, 113, 0, 0]],
  ])('§6: %s are FORMERR', async (_what, subnet) => {
    const { rcode } = await ask(edge, 'client.example', subnet, transport)
    expect(rcode).toBe('FORMERR')
  })

  it('of a family that is not known no use is made', async () => {
    const { rcode, option } = await ask(edge, 'client.example', [3, 8, 1], transport)
    expect({ rcode, option }).toEqual({ rcode: 'NOERROR', option: undefined })
  })
})

it('§11.2: whoever is not trusted is answered as without the option', async () => {
  const edge = edges.distrusting
  const { addresses, option } = await ask(edge, 'client.example', [1, 24, 198, 18, 64])
  expect({ addresses, option }).toEqual({ addresses: ['192.0.2.3'], option: undefined })
})

it('both kinds of sockets give a client the same one of several', async () => {
  for (let i = 0; i < 24; i++) {
    const subnet = [1, 24, 10, 1, i]
    const one = await ask(edges['data threads'], 'sticky.example', subnet)
    const other = await ask(edges['node:dgram'], 'sticky.example', subnet)
    expect(other.addresses).toEqual(one.addresses)
  }
})
