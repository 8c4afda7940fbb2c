import { describe, expect, it } from 'vitest'
import { queryBytes } from '../../../edge/query/query-bytes.ts'
import { TYPE_SRV } from '../../../shared/dns/codes.ts'
import { exchange, nameOf } from '../exchange.ts'
import { serveMesh } from '../served-mesh.ts'

const { edge } = serveMesh()

/** Priority, weight and port, and a target that is never compressed. */
const rdata = Buffer.concat([Buffer.from('0000006420fb', 'hex'), nameOf('service.example')])

describe.each(['udp', 'tcp'] as const)('SRV over %s', (transport) => {
  const query = (qname: string): Buffer =>
    queryBytes({ qname: nameOf(qname), qtype: TYPE_SRV, flags: 0 })

  it('names the app itself, whose addresses are the answers to A and AAAA', async () => {
    const response = await exchange(edge.dns, query('service.example'), transport)
    expect(response).toMatchObject({ rcode: 'NOERROR', aa: true, authorities: [] })
    expect(response.answers).toMatchObject([
      {
        type: 'SRV',
        name: 'service.example',
        ttl: 30,
        data: { priority: 0, weight: 100, port: 8443, target: 'service.example' },
      },
    ])
    expect(response.raw.includes(rdata)).toBe(true)
  })

  it('an app without a port has none', async () => {
    const response = await exchange(edge.dns, query('video.example'), transport)
    expect(response).toMatchObject({ rcode: 'NOERROR', answers: [] })
    expect(response.authorities).toMatchObject([{ type: 'SOA' }])
  })
})
