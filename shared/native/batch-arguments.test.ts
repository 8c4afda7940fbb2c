import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { counterNames, createBatchMemory } from './batch-memory.ts'
import { loadBatchSockets } from './batch-socket.ts'
import { batchSockets, loadAddon, openBatchSocket } from './client-fixture.ts'

const api = batchSockets()
const addon = loadAddon()
const socket = openBatchSocket(api)
afterAll(() => socket.close())

const { memory } = createBatchMemory(8, 512)
/** The arguments of `open`, in their order, as they should be. */
const good = {
  address: '127.0.0.1',
  memory,
  port: 0,
  batch: 8,
  slotBytes: 512,
  receiveBufferBytes: 0,
  sendBufferBytes: 0,
  reusePort: 0,
}

function openWith(changed: Readonly<Record<string, unknown>>): unknown {
  return addon.open(...Object.values({ ...good, ...changed }))
}
/** The least that 8 slots of 512 bytes want; createBatchMemory gives whole cache lines. */
const leastBytes = 8 * 512 + 8 * 64 + 64 + counterNames.length * 8

/** The message of the TypeError that a call throws; empty when it throws none. */
function refusal(call: () => unknown): string {
  try {
    call()
  } catch (err) {
    if (err instanceof TypeError) return err.message
    throw err
  }
  return ''
}

const notNumbers = [undefined, null, '1', true, {}, [], 1n, Symbol('1')]
const notIntegers = [Number.NaN, Infinity, -Infinity, 0.5, -1, 2 ** 32, 2 ** 53, 1e300]

describe('open', () => {
  it('refuses to be called with less', () => {
    for (let n = 0; n < Object.keys(good).length; n++) {
      expect(() => addon.open(...Object.values(good).slice(0, n))).toThrow(TypeError)
    }
  })

  it.each([
    ['port', 65_536],
    ['batch', 0],
    ['batch', 257],
    ['slotBytes', 0],
    ['slotBytes', 65_536],
    ['receiveBufferBytes', 2 ** 30 + 1],
    ['sendBufferBytes', 2 ** 30 + 1],
    ['reusePort', 2],
  ])('refuses numbers out of bounds: %s %s', (name, bad) => {
    for (const value of [bad, ...notNumbers, ...notIntegers]) {
      expect(refusal(() => openWith({ [name]: value }))).toMatch(
        new RegExp(`^${name}: .*integer in \\d+\\.\\.\\d+$`),
      )
    }
  })

  it.each([
    '',
    'localhost',
    'example.org',
    '127.0.0.256',
    '::1%',
    ':::',
    'x'.repeat(1000),
    1,
    null,
  ])('refuses %s for an address', (address) => {
    expect(() => openWith({ address })).toThrow(/^address: .*is not an IP address$/)
  })

  it.each([
    ['nothing', undefined, 'not a Uint8Array'],
    ['an array', [1, 2], 'not a Uint8Array'],
    ['a DataView', new DataView(memory.buffer), 'not a Uint8Array'],
    ['other elements', new Uint32Array(memory.buffer), 'not a Uint8Array'],
    ['the buffer itself', memory.buffer, 'not a Uint8Array'],
    ['none', new Uint8Array(new SharedArrayBuffer(0)), 'fewer than'],
    ['too few', memory.subarray(0, leastBytes - 1), `fewer than the ${leastBytes} wanted`],
    ['memory that can be transferred', new Uint8Array(leastBytes), 'not of a SharedArrayBuffer'],
    ['an odd beginning', new Uint8Array(new SharedArrayBuffer(8192), 4), 'a multiple of 8'],
  ])('refuses %s for memory', (_what, bad, message) => {
    expect(refusal(() => openWith({ memory: bad }))).toMatch(/^memory: /)
    expect(() => openWith({ memory: bad })).toThrow(message)
  })

  it('takes the least memory that is enough', () => {
    const opened = openWith({ memory: memory.subarray(0, leastBytes) })
    const [handle] = z.tuple([z.number(), z.number()]).parse(opened)
    expect(addon.close(handle)).toBe(undefined)
  })

  it.each([
    ['a port that is taken', '127.0.0.1', socket.port, 'EADDRINUSE'],
    ['an address of another machine', '192.0.2.1', 0, 'EADDRNOTAVAIL'],
  ])('%s is an error with the code of the kernel', (_what, address, port, code) => {
    expect(() => openBatchSocket(api, { address, port })).toThrow(
      expect.objectContaining({ code, message: `open ${code} ${address} port ${port}` }),
    )
  })
})

describe('turn', () => {
  it.each([...notNumbers, ...notIntegers])('refuses %s', (bad) => {
    expect(refusal(() => addon.turn(bad, 0, 0))).toMatch(/^handle: /)
    expect(() => addon.turn(socket.handle, bad, 0)).toThrow(/^count: /)
    expect(() => addon.turn(socket.handle, 0, bad)).toThrow(/^timeoutMs: /)
    expect(() => addon.wake(bad)).toThrow(/^handle: /)
    expect(() => addon.close(bad)).toThrow(/^handle: /)
  })

  it('refuses more answers than the last batch had, and too long a wait', () => {
    expect(() => addon.turn(socket.handle, 1, 0)).toThrow('count: 1 answers to 0 datagrams')
    expect(() => addon.turn(socket.handle, 257, 0)).toThrow('in 0..256')
    expect(() => addon.turn(socket.handle, 0, 60_001)).toThrow('in 0..60000')
    expect(() => addon.turn()).toThrow(TypeError)
  })

  it.each([0, 1, 5, 1024 * 4000, 2 ** 32 - 1])('%s is no handle', (handle) => {
    expect(() => addon.turn(handle, 0, 0)).toThrow(/^handle: /)
  })
})

describe('sendTo', () => {
  const [wire, peer] = [Buffer.from('x'), new Uint8Array(64)]

  it.each([
    ['handle', ['x', wire, 1, peer, 0]],
    ['wire', [socket.handle, 'text', 1, peer, 0]],
    ['wire', [socket.handle, wire, 2, peer, 0]],
    ['wire', [socket.handle, new Uint16Array(8), 1, peer, 0]],
    ['length', [socket.handle, wire, 0, peer, 0]],
    ['length', [socket.handle, Buffer.alloc(70_000), 65_536, peer, 0]],
    ['peers', [socket.handle, wire, 1, undefined, 0]],
    ['peers', [socket.handle, wire, 1, new Uint8Array(63), 0]],
    ['peers', [socket.handle, wire, 1, peer, 1]],
    ['peers', [socket.handle, wire, 1, peer, 2 ** 31 - 1]],
    ['peerOffset', [socket.handle, wire, 1, peer, -1]],
    ['handle', []],
  ])('names a bad %s', (name, args) => {
    expect(refusal(() => addon.sendTo(...args))).toMatch(new RegExp(`^${name}: `))
  })

  it('refuses memory that was transferred away', () => {
    const [gone, goneToo] = [new Uint8Array(64), new Uint8Array(64)]
    structuredClone(undefined, { transfer: [gone.buffer, goneToo.buffer] })
    expect(() => addon.sendTo(socket.handle, gone, 1, peer, 0)).toThrow(/^wire: /)
    expect(() => addon.sendTo(socket.handle, wire, 1, goneToo, 0)).toThrow(/^peers: /)
  })

  it.each([0, 0xff])('a peer of octets %d cannot be sent to', (octet) => {
    expect(api.sendTo(socket.handle, wire, 1, peer.slice().fill(octet), 0)).toBe('refused')
  })
})

it('as many sockets as there is room for, then an error; closed ones make room', () => {
  const shared = createBatchMemory(1, 1)
  const opened: number[] = []
  let code: unknown
  while (code === undefined && opened.length < 2000) {
    const result = openWith({ batch: 1, slotBytes: 1, memory: shared.memory })
    if (Array.isArray(result)) opened.push(Number(result[0]))
    else code = result
  }
  for (const handle of opened) addon.close(handle)
  // EMFILE: of the process or of the table, whichever is smaller.
  expect(code).toBe(-24)
  openBatchSocket(api).close()
})

it('the reason is told when there is no addon', () => {
  const loaded = loadBatchSockets('no-such-file.node')
  expect(loaded.ok ? '' : loaded.reason).toContain('no-such-file.node')
})
