import { createSocket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { decode, encode } from 'dns-packet'
import type { Answer } from 'dns-packet'
import { expect, it, onTestFinished } from 'vitest'
import { startFakeCentral } from '../cli.fixture.ts'
import { findCentrals } from './bootstrap.ts'
import { Registrar } from './registrar.ts'

const owner = '_meridian-central._tcp.mesh.example'

/** A resolver that asks a DNS server with these SRV records. */
async function startDns(
  records: readonly { priority: number; weight: number; port: number; target: string }[],
): Promise<Resolver> {
  const socket = createSocket('udp4')
  socket.on('message', (message, { port, address }) => {
    const { id, questions = [] } = decode(message)
    const isOwner = questions[0]?.name === owner && questions[0].type === 'SRV'
    const answers: Answer[] = isOwner
      ? records.map((data) => ({ type: 'SRV', name: owner, ttl: 0, data }))
      : []
    socket.send(encode({ type: 'response', id: id ?? 0, questions, answers }), port, address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  onTestFinished(() => void socket.close())
  const resolver = new Resolver({ timeout: 500, tries: 1 })
  resolver.setServers([`127.0.0.1:${socket.address().port}`])
  return resolver
}

const srv = (target: string, priority: number, weight = 0, port = 8053) => ({
  priority,
  weight,
  port,
  target,
})

it('centrals are those of the SRV records, by priority and weight', async () => {
  const resolver = await startDns([
    srv('c.example', 20),
    srv('b.example', 10, 1),
    srv('a.example', 10, 5, 443),
  ])
  expect(await findCentrals('mesh.example.', 'https', resolver)).toEqual([
    'https://a.example:443',
    'https://b.example:8053',
    'https://c.example:8053',
  ])
})

it('ten of them are taken', async () => {
  const resolver = await startDns(Array.from({ length: 12 }, (_, i) => srv(`c${i}.example`, i)))
  expect(await findCentrals('mesh.example.', 'http', resolver)).toHaveLength(10)
})

it('a target of the root is none', async () => {
  const resolver = await startDns([srv('.', 0)])
  await expect(findCentrals('mesh.example.', 'https', resolver)).rejects.toThrow(/names no central/)
})

it('where nothing is found what was given is asked, and it is looked again', async () => {
  const found = await startFakeCentral({
    'PUT /v1/register': { status: 201, body: { version: 1 } },
  })
  const given = await startFakeCentral({ 'PUT /v1/register': { status: 503, body: {} } })
  onTestFinished(() => found.close())
  onTestFinished(() => given.close())
  let looks = 0
  const find = () =>
    ++looks === 1
      ? Promise.reject(new Error('no DNS'))
      : Promise.resolve([{ url: found.url, from: 'DNS' }])
  const body = { app: 'video.example.', cluster: 'sfo', machine: 'vm-1', leaseSeconds: 5 }
  const registrar = new Registrar([{ url: given.url, from: '--central' }], body, find)
  expect(await registrar.register()).toMatchObject({ ok: false })
  expect(await registrar.register()).toMatchObject({ ok: true, url: found.url })
  expect(await registrar.register()).toMatchObject({ ok: true, url: found.url })
  expect([given.seen.length, found.seen.length, looks]).toEqual([1, 2, 2])
})
