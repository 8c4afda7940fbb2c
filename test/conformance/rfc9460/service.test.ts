import { describe, expect, it } from 'vitest'
import { queryBytes } from '../../../edge/query/query-bytes.ts'
import { TYPE_HTTPS, TYPE_SVCB } from '../../../shared/dns/codes.ts'
import { exchange, nameOf } from '../exchange.ts'
import { serveMesh } from '../served-mesh.ts'

const { edge } = serveMesh()

/** §2.2: SvcPriority 1, TargetName `.`, then alpn, port, ipv4hint and ipv6hint by their keys. */
const rdata = [
  '000100',
  '00010006026832026833',
  '0003000220fb',
  '00040004c0000206',
  '0006001020010db8000000000000000000000006',
].join('')

describe.each(['udp', 'tcp'] as const)('over %s', (transport) => {
  it.each([
    ['HTTPS', TYPE_HTTPS],
    ['SVCB', TYPE_SVCB],
  ])('§2.2: %s of an app with a service', async (_what, qtype) => {
    const query = queryBytes({ qname: nameOf('service.example'), qtype, flags: 0 })
    const response = await exchange(edge.dns, query, transport)
    expect(response).toMatchObject({ rcode: 'NOERROR', aa: true, authorities: [] })
    expect(response.answers).toHaveLength(1)
    const [, record] = response.raw.toString('hex').split('c00c')
    const length = (rdata.length / 2).toString(16).padStart(4, '0')
    const type = qtype.toString(16).padStart(4, '0')
    expect(record?.startsWith(`${type}00010000001e${length}${rdata}`)).toBe(true)
  })

  it.each([
    ['HTTPS', TYPE_HTTPS],
    ['SVCB', TYPE_SVCB],
  ])('%s of an app without one: NODATA', async (_what, qtype) => {
    const query = queryBytes({ qname: nameOf('video.example'), qtype, flags: 0 })
    const response = await exchange(edge.dns, query, transport)
    expect(response).toMatchObject({ rcode: 'NOERROR', aa: true, answers: [] })
    expect(response.authorities).toMatchObject([{ type: 'SOA' }])
  })
})
