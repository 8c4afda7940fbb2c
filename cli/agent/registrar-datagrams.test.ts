import { createServer } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startFakeCentral, type FakeCentral, type FakeReply } from '../cli.fixture.ts'
import { PAUSE_RENEWALS } from './datagram-pause.ts'
import { DatagramWay } from './datagram-way.ts'
import { answerTo, renews, secretText, startDatagramCentral } from './datagram.fixture.ts'
import type { DatagramCentral, Respond } from './datagram.fixture.ts'
import { Registrar } from './registrar.ts'
import type { MachineBody } from './registrar.ts'

const body = { app: 'video.example.', cluster: 'sfo', machine: 'vm-1', leaseSeconds: 5 }
const PUT = 'PUT /v1/register'
const RENEW = 'POST /v1/renewals/video.example./sfo/vm-1?version=7&from=machine'
const renewWith = (load: number): string => `${RENEW}&load=${load}`
const keyOf = (version: number, more = '&from=machine'): string =>
  `POST /v1/renewals/video.example./sfo/vm-1/key?version=${version}${more}`
const KEY = keyOf(7)

const registered = (version: number): FakeReply => ({ status: 201, body: { version } })
const refused = (status: number): FakeReply => ({ status, body: { detail: 'no' } })
const gone = { status: 204 }

const registers: Respond = (renewal) => [answerTo(renewal, { result: 'register' })]

const keyReply = ({ key: { port, handle, secret } }: DatagramCentral): FakeReply => ({
  status: 200,
  body: { port, handle, secret },
})

interface Both {
  readonly rest: FakeCentral
  readonly udp: DatagramCentral
  readonly registrar: Registrar
  /** Registers, or renews, so many times; each has to succeed. */
  readonly renew: (times: number) => Promise<void>
}

/** A central, and what registers a machine there; `script` over what it answers to a machine. */
async function start(
  respond: Respond,
  script: Readonly<Record<string, FakeReply | readonly FakeReply[]>> = {},
  more: Partial<MachineBody> = {},
): Promise<Both> {
  const udp = await startDatagramCentral(respond)
  const rest = await startRest({
    [PUT]: registered(7),
    [RENEW]: gone,
    [KEY]: keyReply(udp),
    ...script,
  })
  const registrar = registrarOf([rest], more)
  const renew = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) expect(await registrar.register()).toMatchObject({ ok: true })
  }
  return { rest, udp, registrar, renew }
}

async function startRest(script: Parameters<typeof startFakeCentral>[0]): Promise<FakeCentral> {
  const central = await startFakeCentral(script)
  onTestFinished(() => central.close())
  return central
}

function registrarOf(
  centrals: readonly Pick<FakeCentral, 'url'>[],
  more: Partial<MachineBody> = {},
): Registrar {
  const targets = centrals.map(({ url }) => ({ url, from: '--central' }))
  const datagrams = new DatagramWay()
  onTestFinished(() => datagrams.close())
  return new Registrar(targets, { ...body, ...more }, { datagrams })
}

const linesOf = ({ seen }: FakeCentral): readonly string[] => seen.map(({ line }) => line)

it('a machine that has a key renews by datagrams only, and tells its load with them', async () => {
  const { rest, udp, registrar } = await start(renews)
  const results = [
    await registrar.register(),
    await registrar.register(),
    await registrar.register(40.5),
  ]
  expect(results).toEqual([
    { ok: true, url: rest.url, isNew: true, version: 7 },
    { ok: true, url: rest.url, isNew: false, version: 7 },
    { ok: true, url: rest.url, isNew: false, version: 7 },
  ])
  expect(linesOf(rest)).toEqual([PUT, KEY])
  expect(udp.seen.map(({ load }) => load)).toEqual([undefined, 40.5])
})

it('one with addresses of its own asks for a key that is good from anywhere', async () => {
  const { rest, renew } = await start(renews, {}, { addresses: ['192.0.2.17'] })
  await renew(1)
  expect(linesOf(rest)).toEqual([PUT, keyOf(7, '')])
})

it('without datagrams nobody is asked for a key', async () => {
  const { rest } = await start(renews)
  const registrar = new Registrar([{ url: rest.url, from: '--central' }], body)
  await registrar.register()
  await registrar.register()
  expect(linesOf(rest)).toEqual([PUT, RENEW])
})

describe('when central is silent', () => {
  it('the lease is renewed over REST in the same call, and a new key is asked for', async () => {
    let isSilent = true
    const { rest, udp, registrar } = await start(
      (renewal, count) => (isSilent ? [] : renews(renewal, count)),
      { [renewWith(50)]: gone },
    )
    await registrar.register()
    expect(await registrar.register(50)).toMatchObject({ ok: true, isNew: false, version: 7 })
    isSilent = false
    expect(await registrar.register()).toMatchObject({ ok: true, isNew: false, version: 7 })
    expect(linesOf(rest)).toEqual([PUT, KEY, renewWith(50), KEY])
    expect([udp.seen[0], udp.seen.at(-1)]).toMatchObject([
      { sequence: 1, load: 50 },
      { sequence: 1, load: undefined },
    ])
  })

  it('what is left of the deadline is for REST', async () => {
    const udp = await startDatagramCentral(() => [])
    const replies = [registered(7), keyReply(udp)]
    const server = createServer((_request, response) => {
      const reply = replies.shift()
      // What comes after the key is not answered.
      if (reply === undefined) return
      response.writeHead(reply.status ?? 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(reply.body))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const registrar = registrarOf([{ url: `http://127.0.0.1:${port}` }])
    await registrar.register()
    const result = await registrar.register()
    // A sixth of 5 s for both.
    expect(result.ok ? '' : result.detail).toMatch(/did not answer within 0\.416 s/)
  })

  it('three times in a row, datagrams pause for a hundred renewals', async () => {
    const { rest, udp, renew } = await start(renews)
    // Refused, which is quicker than silence.
    await udp.close()
    await renew(4)
    const lines = [PUT, KEY, RENEW, KEY, RENEW, KEY, RENEW]
    expect(linesOf(rest)).toEqual(lines)
    await renew(PAUSE_RENEWALS - 1)
    expect(new Set(linesOf(rest).slice(lines.length))).toEqual(new Set([RENEW]))
    await renew(1)
    expect(linesOf(rest).slice(-2)).toEqual([RENEW, KEY])
  })
})

describe('when central says that the machine has to register', () => {
  it('does so at once, and gets a new key', async () => {
    const { rest, udp, registrar } = await start(
      (renewal, count) => (count === 1 ? registers : renews)(renewal, count),
      { [PUT]: [registered(7), registered(9)], [keyOf(9)]: refused(500) },
    )
    await registrar.register()
    expect(await registrar.register()).toMatchObject({ ok: true, isNew: true, version: 9 })
    expect(linesOf(rest)).toEqual([PUT, KEY, PUT, keyOf(9)])
    expect(udp.seen.length).toBe(1)
  })

  it('again and again, does so once, and renews over REST then', async () => {
    const { rest, udp, renew } = await start(registers)
    await renew(10)
    expect(linesOf(rest)).toEqual([PUT, KEY, PUT, KEY, ...Array.from({ length: 8 }, () => RENEW)])
    expect(udp.seen.length).toBe(2)
  })
})

describe('where there is no key', () => {
  it('leases are renewed over REST, and the next is asked for after the next registration', async () => {
    const { rest, renew } = await start(renews, {
      [PUT]: [registered(7), registered(7)],
      [KEY]: refused(404),
      [RENEW]: [gone, gone, refused(412), gone],
    })
    await renew(5)
    expect(linesOf(rest)).toEqual([PUT, KEY, RENEW, RENEW, RENEW, PUT, KEY, RENEW])
  })

  it('central may give one a hundred renewals later', async () => {
    const { rest, renew } = await start(renews, { [KEY]: refused(404) })
    await renew(1 + PAUSE_RENEWALS)
    expect(linesOf(rest).filter((line) => line === KEY).length).toBe(1)
    await renew(1)
    expect(linesOf(rest).slice(-2)).toEqual([RENEW, KEY])
  })

  it.each([
    { what: 'a handle that is cut', more: { handle: '00ff' } },
    { what: 'a handle that is no hex', more: { handle: 'a handle of 16 c' } },
    { what: 'a secret that is cut', more: { secret: secretText.slice(1) } },
    { what: 'a secret in other letters', more: { secret: `+${secretText.slice(1)}` } },
    { what: 'port 0', more: { port: 0 } },
    { what: 'a port above all', more: { port: 65_536 } },
    { what: 'no port', more: { port: undefined } },
  ])('as it has $what, the same', async ({ more }) => {
    const udp = await startDatagramCentral(renews)
    const { port, handle, secret } = udp.key
    const key = { status: 200, body: { port, handle, secret, ...more } }
    const { rest, renew } = await start(renews, { [KEY]: key })
    await renew(3)
    expect(linesOf(rest)).toEqual([PUT, KEY, RENEW, RENEW])
  })
})

it('a key is of the central that gave it', async () => {
  const first = await start(renews)
  const second = await start(renews)
  const registrar = registrarOf([first.rest, second.rest])
  await registrar.register()
  await first.udp.close()
  await first.rest.close()
  expect(await registrar.register()).toMatchObject({ ok: true, url: second.rest.url })
  expect(await registrar.register()).toMatchObject({ ok: true, url: second.rest.url })
  expect(linesOf(second.rest)).toEqual([RENEW, KEY])
  expect(second.udp.seen.length).toBe(1)
})

it('a machine that was unregistered has no key any more', async () => {
  const leave = `DELETE /v1/register?app=video.example.&cluster=sfo&machine=vm-1&why=left&wait=edges&waitSeconds=3`
  const { rest, udp, registrar, renew } = await start(renews, { [leave]: gone })
  await renew(2)
  await registrar.unregister('left')
  await renew(2)
  expect(linesOf(rest)).toEqual([PUT, KEY, leave, PUT, KEY])
  expect(udp.seen.map(({ sequence }) => sequence)).toEqual([1, 1])
})
