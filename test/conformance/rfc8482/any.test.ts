import { describe, expect, it } from 'vitest'
import { queryBytes } from '../../../edge/query/query-bytes.ts'
import { TYPE_ANY } from '../../../shared/dns/codes.ts'
import { exchange, nameOf } from '../exchange.ts'
import { serveMesh } from '../served-mesh.ts'

const { edge } = serveMesh()

describe.each(['udp', 'tcp'] as const)('ANY over %s', (transport) => {
  async function ask(qname: string) {
    const query = queryBytes({ qname: nameOf(qname), qtype: TYPE_ANY, flags: 0 })
    return exchange(edge.dns, query, transport)
  }

  it.each([
    ['an app', 'video.example'],
    ['an app with 32 addresses', 'many.example'],
    ['the apex', 'example'],
  ])('§4.2 %s: one synthesized HINFO', async (_what, qname) => {
    const response = await ask(qname)
    expect(response).toMatchObject({ rcode: 'NOERROR', aa: true, tc: false, authorities: [] })
    expect(response.answers).toMatchObject([
      { type: 'HINFO', name: qname, ttl: 3600, data: { cpu: 'RFC8482', os: '' } },
    ])
  })

  it('a name that does not exist: NXDOMAIN as for any type', async () => {
    const response = await ask('nothing.example')
    expect(response).toMatchObject({ rcode: 'NXDOMAIN', aa: true, answers: [] })
    expect(response.authorities).toMatchObject([{ type: 'SOA', name: 'example' }])
  })

  it('a name outside every zone: REFUSED', async () => {
    const response = await ask('www.example.org')
    expect(response).toMatchObject({ rcode: 'REFUSED', aa: false, answers: [], authorities: [] })
  })
})
