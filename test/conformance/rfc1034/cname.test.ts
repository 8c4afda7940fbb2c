import { describe, expect, it } from 'vitest'
import { queryBytes } from '../../../edge/query/query-bytes.ts'
import { typeNumber } from '../../../shared/dns/codes.ts'
import { exchange, nameOf } from '../exchange.ts'
import { serveMesh } from '../served-mesh.ts'

const { edge } = serveMesh()

const types = ['A', 'AAAA', 'CNAME', 'SRV', 'SVCB', 'HTTPS', 'MX', 'TXT', 'DS', 'TYPE65280', 'ANY']

describe.each(['udp', 'tcp'] as const)('a name that is another name, over %s', (transport) => {
  it.each(types)('§4.3.2, 3a: %s is answered with the CNAME alone', async (type) => {
    const qtype = typeNumber(type) ?? 0
    // Once asked of central; from then on by the threads that only know the table.
    for (let i = 0; i < 3; i++) {
      const query = queryBytes({ qname: nameOf('Alias.example'), qtype, flags: 0 })
      const response = await exchange(edge.dns, query, transport)
      expect(response).toMatchObject({ rcode: 'NOERROR', aa: true, authorities: [] })
      expect(response.answers).toMatchObject([
        { type: 'CNAME', name: 'Alias.example', ttl: 30, data: 'video.example' },
      ])
    }
  })

  it('what is below it does not exist', async () => {
    const query = queryBytes({ qname: nameOf('www.alias.example'), qtype: 1, flags: 0 })
    const response = await exchange(edge.dns, query, transport)
    expect(response).toMatchObject({ rcode: 'NXDOMAIN', aa: true, answers: [] })
  })
})
