import { expect, it } from 'vitest'
import { queryBytes } from '../../../edge/query/query-bytes.ts'
import { CLASS_CH, TYPE_A, TYPE_ANY, TYPE_TXT } from '../../../shared/dns/codes.ts'
import { exchange, nameOf, shapeOf } from '../exchange.ts'
import { serveMesh } from '../served-mesh.ts'

const { edge } = serveMesh({ version: 'none of your business' })

async function ask(qname: string, qtype = TYPE_TXT) {
  const query = queryBytes({ qname: nameOf(qname), qtype, qclass: CLASS_CH, flags: 0 })
  return exchange(edge.dns, query)
}

it.each([
  ['§2 id.server', 'id.server', TYPE_TXT, 'sfo'],
  ['§2 in another case', 'ID.Server', TYPE_TXT, 'sfo'],
  ['§2 hostname.bind', 'hostname.bind', TYPE_TXT, 'sfo'],
  ['version.bind, as configured', 'version.bind', TYPE_TXT, 'none of your business'],
  ['version.server, as configured', 'version.server', TYPE_TXT, 'none of your business'],
  ['of any type', 'id.server', TYPE_ANY, 'sfo'],
])('%s', async (_what, qname, qtype, text) => {
  const response = await ask(qname, qtype)
  expect(response).toMatchObject({ rcode: 'NOERROR', authorities: [], additionals: [] })
  expect(response.answers).toMatchObject([{ type: 'TXT', class: 'CH', ttl: 0, name: qname }])
  expect(response.answers.map((record) => record.type === 'TXT' && String(record.data))).toEqual([
    text,
  ])
})

it.each([
  ['another name', 'authors.bind', TYPE_TXT],
  ['another type', 'id.server', TYPE_A],
  ['an app', 'video.example', TYPE_TXT],
])('%s of the class CHAOS is refused', async (_what, qname, qtype) => {
  expect(shapeOf(await ask(qname, qtype))).toEqual({
    status: 'REFUSED',
    flags: 'qr',
    answer: [],
    authority: [],
    additional: [],
    edns: undefined,
  })
})

it('id.server of the class IN is a name like others, here outside of the mesh', async () => {
  const query = queryBytes({ qname: nameOf('id.server'), qtype: TYPE_TXT })
  expect((await exchange(edge.dns, query)).rcode).toBe('REFUSED')
})
