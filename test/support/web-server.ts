import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { packageRoot } from '../../shared/package-root.ts'

/** A web server as a process of its own, to be killed, stopped and started again. */
export class WebServer {
  readonly address: string
  port: number
  #child: ChildProcess | undefined

  /** `port` 0: any, then always the same. */
  constructor(address: string, port = 0) {
    this.address = address
    this.port = port
  }

  async start(): Promise<void> {
    const program = join(packageRoot(), 'test/support/web-server-program.ts')
    const child = spawn(process.execPath, [program, this.address, String(this.port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#child = child
    const line: unknown = (await once(child.stdout, 'data')).at(0)
    this.port = Number(String(line))
  }

  /** How often it was asked since it started. */
  async asked(): Promise<number> {
    return Number(await (await fetch(`http://${this.address}:${this.port}/asked`)).text())
  }

  /** Sends SIGSTOP: it still accepts, and says nothing. */
  freeze(): void {
    this.#child?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child?.kill('SIGCONT')
  }

  async end(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
}
