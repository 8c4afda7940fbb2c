import { expect, it, onTestFinished } from 'vitest'
import { startFakeCentral, type FakeCentral, type FakeReply } from '../cli.fixture.ts'
import { Registrar } from './registrar.ts'
import type { MachineBody } from './registrar.ts'

const body = { app: 'video.example.', cluster: 'sfo', machine: 'vm-1', leaseSeconds: 5 }
const PUT = 'PUT /v1/register'
const renew = (version: number, more = '&from=machine'): string =>
  `POST /v1/renewals/video.example./sfo/vm-1?version=${version}${more}`

const registered = (version: number): FakeReply => ({ status: 201, body: { version } })
const refused = (status: number): FakeReply => ({ status, body: { detail: 'no' } })
const gone = { status: 204 }

async function startCentral(
  script: Readonly<Record<string, FakeReply | readonly FakeReply[]>>,
): Promise<FakeCentral> {
  const central = await startFakeCentral(script)
  onTestFinished(() => central.close())
  return central
}

function registrarOf(
  centrals: readonly Pick<FakeCentral, 'url'>[],
  more: Partial<MachineBody> = {},
): Registrar {
  const targets = centrals.map(({ url }) => ({ url, from: '--central' }))
  return new Registrar(targets, { ...body, ...more })
}

const linesOf = ({ seen }: FakeCentral): readonly string[] => seen.map(({ line }) => line)

it('a machine that is registered renews its lease only', async () => {
  const central = await startCentral({ [PUT]: registered(7), [renew(7)]: gone })
  const registrar = registrarOf([central])
  expect(await registrar.register()).toMatchObject({ ok: true, isNew: true, version: 7 })
  expect(await registrar.register()).toMatchObject({ ok: true, isNew: false, version: 7 })
  expect(linesOf(central)).toEqual([PUT, renew(7)])
})

it.each([404, 412])('a machine registers anew at once where the answer is %i', async (status) => {
  const central = await startCentral({
    [PUT]: [registered(7), registered(9)],
    [renew(7)]: refused(status),
    [renew(9)]: gone,
  })
  const registrar = registrarOf([central])
  const results = [
    await registrar.register(),
    await registrar.register(),
    await registrar.register(),
  ]
  expect(results).toMatchObject([
    { isNew: true, version: 7 },
    { isNew: true, version: 9 },
    { isNew: false, version: 9 },
  ])
  expect(linesOf(central)).toEqual([PUT, renew(7), PUT, renew(9)])
})

it('a machine does not register anew where it is refused for another reason', async () => {
  const central = await startCentral({ [PUT]: registered(7), [renew(7)]: [refused(401), gone] })
  const registrar = registrarOf([central])
  await registrar.register()
  expect(await registrar.register()).toMatchObject({ ok: false })
  expect(await registrar.register()).toMatchObject({ ok: true })
  expect(linesOf(central)).toEqual([PUT, renew(7), renew(7)])
})

it('with addresses of its own it may renew from anywhere', async () => {
  const central = await startCentral({ [PUT]: registered(7), [renew(7, '')]: gone })
  const registrar = registrarOf([central], { addresses: ['192.0.2.17'] })
  await registrar.register()
  expect(await registrar.register()).toMatchObject({ ok: true, version: 7 })
})

it('its load is told with the renewal, or with the registration that comes in its place', async () => {
  const central = await startCentral({
    [PUT]: registered(7),
    [renew(7, '&from=machine&load=40.5')]: gone,
    [renew(7, '&from=machine&load=50')]: refused(404),
  })
  const registrar = registrarOf([central])
  await registrar.register()
  await registrar.register(40.5)
  await registrar.register(50)
  expect(central.seen.map(({ body: sent }) => sent)).toEqual([
    body,
    undefined,
    undefined,
    { ...body, load: 50 },
  ])
})

it('a machine registers at the next central where that does not have it, and stays there', async () => {
  const first = await startCentral({ [PUT]: registered(7), [renew(7)]: refused(503) })
  const second = await startCentral({ [PUT]: registered(8), [renew(8)]: gone })
  const registrar = registrarOf([first, second])
  for (let i = 0; i < 3; i++) expect(await registrar.register()).toMatchObject({ ok: true })
  expect(linesOf(first)).toEqual([PUT, renew(7)])
  expect(linesOf(second)).toEqual([renew(7), PUT, renew(8)])
})

it('a machine that was unregistered registers', async () => {
  const leave = `DELETE /v1/register?app=video.example.&cluster=sfo&machine=vm-1&why=left&wait=edges&waitSeconds=3`
  const central = await startCentral({ [PUT]: registered(7), [leave]: gone })
  const registrar = registrarOf([central])
  await registrar.register()
  await registrar.unregister('left')
  expect(await registrar.register()).toMatchObject({ ok: true, version: 7 })
  expect(linesOf(central)).toEqual([PUT, leave, PUT])
})
