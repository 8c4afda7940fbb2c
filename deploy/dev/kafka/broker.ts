import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { systemClock } from '../../../shared/clock.ts'
import { kafkaJars } from './jars.ts'
import { serverProperties } from './properties.ts'
import type { BrokerOptions } from './properties.ts'

/** How long the broker may take until it takes connections. */
const START_MS = 60_000
/** How long one attempt to connect may take. */
const ATTEMPT_MS = 250
/** Small, and quick to start: this broker has little to do. */
const JVM_OPTIONS = ['-Xms64m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

/** One Kafka broker in KRaft mode as a process of its own, on loopback. It comes back with its data. */
export class KafkaBroker {
  readonly #options: BrokerOptions
  #process: ChildProcess | undefined
  #output = ''

  constructor(options: BrokerOptions) {
    this.#options = options
  }

  /** Where clients without TLS and SASL connect. */
  get address(): string {
    return `127.0.0.1:${this.#options.ports.plain}`
  }

  /** Where clients with TLS and SASL connect. */
  get securedAddress(): string {
    return `127.0.0.1:${this.#options.ports.secured}`
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  /** Starts the broker, formats its folder the first time. Throws with what it has written when it ends. */
  async start(): Promise<void> {
    const jars = await kafkaJars()
    const { folder, security } = this.#options
    mkdirSync(folder, { recursive: true })
    const properties = join(folder, 'server.properties')
    writeFileSync(properties, serverProperties(this.#options))
    if (!existsSync(join(folder, 'data/meta.properties'))) {
      const users = Object.entries(security?.scramUsers ?? {}).flatMap(([name, password]) =>
        ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
          '--add-scram',
          `${mechanism}=[name=${name},password=${password}]`,
        ]),
      )
      const id = 'bWVyaWRpYW4tZGV2LWthZg'
      await this.#run(jars, 'kafka.tools.StorageTool', [
        'format',
        '--cluster-id',
        id,
        '--config',
        properties,
        ...users,
      ])
    }
    const child = this.#spawn(jars, 'kafka.Kafka', [properties])
    this.#process = child
    const endAt = systemClock.nowMs() + START_MS
    while (!(await this.#isListening())) {
      if (child.exitCode !== null || child.signalCode !== null) throw this.#failure('has ended')
      if (systemClock.nowMs() > endAt) throw this.#failure(`does not listen after ${START_MS} ms`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  /** Ends the broker, by default as an operator does, and waits until it is gone. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#process
    if (child === undefined) return
    this.#process = undefined
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }

  /** Stops it in its steps (SIGSTOP), or lets it go on (SIGCONT). */
  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal)
  }

  #spawn(jars: string, mainClass: string, args: readonly string[]): ChildProcess {
    const command = [...JVM_OPTIONS, '-cp', join(jars, '*'), mainClass, ...args]
    const child = spawn('java', command, { stdio: ['ignore', 'pipe', 'pipe'] })
    const keep = (text: string): void => {
      this.#output = (this.#output + text).slice(-10_000)
    }
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    child.on('error', (err) => keep(String(err)))
    return child
  }

  async #run(jars: string, mainClass: string, args: readonly string[]): Promise<void> {
    const child = this.#spawn(jars, mainClass, args)
    await once(child, 'close')
    if (child.exitCode !== 0) throw this.#failure('could not format its folder')
  }

  #failure(what: string): Error {
    return new Error(`the Kafka broker ${what}:\n${this.#output}`)
  }

  async #isListening(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port: this.#options.ports.plain })
      const settle = (isListening: boolean): void => {
        socket.destroy()
        resolve(isListening)
      }
      socket.setTimeout(ATTEMPT_MS, () => settle(false))
      socket.once('connect', () => settle(true)).once('error', () => settle(false))
    })
  }
}

/** Ports below those that systems give to outgoing connections, which would take one that was found free. */
const PORT_MIN = 20_000
const PORT_MAX = 32_000

/** Ports of loopback that nobody uses now; a broker cannot take any by itself, it tells clients its own. */
export async function freeBrokerPorts(): Promise<BrokerOptions['ports']> {
  const free = new Set<number>()
  while (free.size < 3) {
    const port = randomInt(PORT_MIN, PORT_MAX)
    if (await isFree(port)) free.add(port)
  }
  const [plain = 0, controller = 0, secured = 0] = free
  return { plain, controller, secured }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
