import { describe, expect, it } from 'vitest'
import { queryBytes } from '../../../edge/query/query-bytes.ts'
import { TYPE_A, TYPE_AAAA, TYPE_MX, TYPE_NS, TYPE_SOA } from '../../../shared/dns/codes.ts'
import { exchange, nameOf } from '../exchange.ts'
import { serveMesh } from '../served-mesh.ts'

const { edge } = serveMesh()

async function ask(qname: string, qtype: number) {
  return exchange(edge.dns, queryBytes({ qname: nameOf(qname), qtype, flags: 0 }))
}

describe('§3 the SOA of a negative answer', () => {
  it.each([
    ['§2.1 NXDOMAIN', 'nothing.example', TYPE_A, 'NXDOMAIN', 'example'],
    ['§2.1 NXDOMAIN far below the apex', 'a.b.c.d.example', TYPE_A, 'NXDOMAIN', 'example'],
    ['§2.1 NXDOMAIN below an app', 'below.video.example', TYPE_A, 'NXDOMAIN', 'example'],
    ['§2.2 NODATA, a type that no app has', 'video.example', TYPE_MX, 'NOERROR', 'example'],
    ['§2.2 NODATA, no address of the family', 'many.example', TYPE_A, 'NOERROR', 'example'],
    ['§2.2 NODATA, NS and SOA below the apex', 'video.example', TYPE_NS, 'NOERROR', 'example'],
    ['§2.2 NODATA at the apex', 'example', TYPE_AAAA, 'NOERROR', 'example'],
    ['§2.2 NODATA, an empty non-terminal', 'below.example', TYPE_A, 'NOERROR', 'example'],
    ['of the zone that is nearest', 'nothing.inner.example', TYPE_A, 'NXDOMAIN', 'inner.example'],
    ['of the zone that is nearest, NODATA', 'inner.example', TYPE_A, 'NOERROR', 'inner.example'],
  ])('%s: %s', async (_what, qname, qtype, rcode, apex) => {
    const response = await ask(qname, qtype)
    expect(response).toMatchObject({ rcode, aa: true, answers: [], additionals: [] })
    expect(response.authorities).toMatchObject([{ type: 'SOA', name: apex }])
  })

  it('is the zone’s, but for its TTL', async () => {
    const [own] = (await ask('example', TYPE_SOA)).answers
    const [negative] = (await ask('nothing.example', TYPE_A)).authorities
    expect(own).toMatchObject({ type: 'SOA', ttl: 3600, data: { minimum: 60 } })
    expect(negative).toEqual({ ...own, ttl: 60 })
  })
})

it.each([
  ['MINIMUM, where that is the lesser', 'nothing.example', 60],
  ['the TTL of the SOA, where that is the lesser', 'nothing.short.test', 20],
  ['0, where MINIMUM is', 'nothing.forgotten.test', 0],
])('§5 the TTL of a negative answer is %s', async (_what, qname, ttl) => {
  const response = await ask(qname, TYPE_A)
  expect(response.rcode).toBe('NXDOMAIN')
  expect(response.authorities).toMatchObject([{ type: 'SOA', ttl }])
})

it('a name that is refused has no SOA', async () => {
  const response = await ask('www.example.org', TYPE_A)
  expect(response).toMatchObject({ rcode: 'REFUSED', aa: false, authorities: [] })
})
