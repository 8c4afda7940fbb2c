import { createSecretKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createSocket } from 'node:dgram'
import type { RemoteInfo } from 'node:dgram'
import { once } from 'node:events'
import { createLogger } from '../../shared/log.ts'
import type { AnswerDatagram } from '../../shared/renewal/datagram.ts'
import { createRenewal, isGenuine, readAnswer } from '../../shared/renewal/datagram.ts'
import { LoadKeeper } from '../load/keeper.ts'
import { TestMachines } from '../machines/keeper.fixture.ts'
import type { AsRegistered } from '../machines/renewal.ts'
import { machine, vm1, vm2 } from '../model/machines.fixture.ts'
import { createAnswerRenewal } from './answer-renewal.ts'
import type { IssuedKey } from './keys.ts'
import { RenewalKeys } from './keys.ts'

/** Where the machine of the tests is. */
export const MACHINE_ADDRESS = '192.0.2.1'

/** A machine's side of a key. */
export class TestKey {
  /** Octets in latin1. */
  readonly handle: string
  readonly secret: KeyObject

  constructor({ handle, secret }: IssuedKey) {
    this.handle = Buffer.from(handle, 'hex').toString('latin1')
    this.secret = createSecretKey(Buffer.from(secret, 'base64url'))
  }

  renewal(sequence: number, load?: number): Buffer {
    return createRenewal({ handle: this.handle, sequence, load }, this.secret)
  }

  /** What an answer says; undefined for none. Throws where the machine would not believe it. */
  read(answer: Buffer | undefined): AnswerDatagram | undefined {
    if (answer === undefined) return undefined
    const read = readAnswer(answer)
    if (read === undefined || read.handle !== this.handle || !isGenuine(answer, this.secret)) {
      throw new TypeError(`not an answer to this key: ${answer.toString('hex')}`)
    }
    return read
  }
}

/** Two machines, registered at versions 2 and 3, and what answers their datagrams. */
export class TestRenewals {
  readonly machines = new TestMachines()
  readonly keys = new RenewalKeys(this.machines.clock)
  readonly loads: LoadKeeper
  readonly logger = createLogger('silent', {})
  readonly answerer: ReturnType<typeof createAnswerRenewal>

  constructor() {
    const { registry, clock, keeper } = this.machines
    this.loads = new LoadKeeper({ registry, clock, logger: this.logger })
    const { keys, loads, logger } = this
    this.answerer = createAnswerRenewal({ keys, machines: keeper, loads, logger })
  }

  async begin(): Promise<this> {
    await this.machines.begin()
    await this.machines.register(machine(vm1, MACHINE_ADDRESS))
    await this.machines.register(machine(vm2, '192.0.2.2'))
    return this
  }

  /** A key of the first machine. */
  issue(as: AsRegistered = { version: 2 }): TestKey {
    return new TestKey(this.keys.issue(vm1, as))
  }

  /** The answer to what comes from an address. */
  answer(wire: Buffer, from: string = MACHINE_ADDRESS): Buffer | undefined {
    return this.answerer.answer(wire, () => from)
  }
}

/** A UDP client. */
export interface DatagramClient {
  /** Resolves when the kernel has all of them. */
  send(...wires: readonly Buffer[]): Promise<void>
  /** Resolves with what comes next; rejects after 5 s, or when the other side has no socket. */
  receive(): Promise<Buffer>
  close(): void
}

/** Opens a client of a server on loopback. */
export async function openDatagramClient(
  port: number,
  address: '127.0.0.1' | '::1' = '127.0.0.1',
): Promise<DatagramClient> {
  const socket = createSocket(address === '::1' ? 'udp6' : 'udp4')
  const queue: Buffer[] = []
  socket.on('message', (message: Buffer, _from: RemoteInfo) => {
    queue.push(message)
    socket.emit('queued')
  })
  socket.connect(port, address)
  await once(socket, 'connect')
  return {
    async send(...wires) {
      for (const wire of wires) {
        await new Promise<void>((resolve, reject) => {
          socket.send(wire, (err) => (err === null ? resolve() : reject(err)))
        })
      }
    },
    async receive() {
      const signal = AbortSignal.timeout(5_000)
      while (queue.length === 0) await once(socket, 'queued', { signal })
      return queue.shift() ?? Buffer.alloc(0)
    },
    close: () => socket.close(),
  }
}
