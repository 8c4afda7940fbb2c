import { Resolver } from 'node:dns/promises'
import { expect, it, onTestFinished } from 'vitest'
import { nameServerOfTest, srvRecords, txtRecords } from '../../shared/rpc/name-server.fixture.ts'
import { startFakeCentral } from '../cli.fixture.ts'
import { findCentralUrls } from './bootstrap.ts'
import { Registrar } from './registrar.ts'

it('centrals are those that DNS names, by the scheme that was given', async () => {
  const server = await nameServerOfTest(
    srvRecords('mesh.example', [
      { target: 'c.example', port: 8053, priority: 20 },
      { target: 'a.example', port: 443, priority: 10 },
    ]),
  )
  const resolver = new Resolver({ timeout: 500, tries: 1 })
  resolver.setServers([server.address])
  const find = () => findCentralUrls('mesh.example.', 'https', resolver, () => 0)
  expect(await find()).toEqual(['https://a.example:443', 'https://c.example:8053'])
  server.setRecords(txtRecords('mesh.example', ['central=[2001:db8::1]:8053']))
  expect(await find()).toEqual(['https://[2001:db8::1]:8053'])
  server.setRecords({})
  await expect(find()).rejects.toThrow('names a central')
})

it('where nothing is found what was given is asked, and it is looked again', async () => {
  const found = await startFakeCentral({
    'PUT /v1/register': { status: 201, body: { version: 1 } },
    'POST /v1/renewals/video.example./sfo/vm-1?version=1&from=machine': { status: 204 },
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
  const registrar = new Registrar([{ url: given.url, from: '--central' }], body, { find })
  expect(await registrar.register()).toMatchObject({ ok: false })
  expect(await registrar.register()).toMatchObject({ ok: true, url: found.url })
  expect(await registrar.register()).toMatchObject({ ok: true, url: found.url })
  expect([given.seen.length, found.seen.length, looks]).toEqual([1, 2, 2])
})
