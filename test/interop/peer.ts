import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Target } from '../support/dns-client.ts'
import { ask } from '../support/dns-client.ts'
import { until } from '../support/program.ts'

/** Another program that speaks DNS on loopback, as a process of its own. */
export interface Peer {
  readonly dns: Target
  end(): Promise<void>
}

/** How long one attempt to reach a peer that is starting may take. */
const ATTEMPT_MS = 500

/** Starts a DNS server and waits until it answers. Throws with what it has written when it ends. */
export async function startPeer(
  command: string,
  args: readonly string[],
  dns: Target,
): Promise<Peer> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = once(child, 'close')
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  }
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null
  const end = async (): Promise<void> => {
    child.kill()
    await closed
  }
  try {
    await until(`an answer of ${command}`, async () => {
      if (hasEnded()) throw new Error(`${command} has ended:\n${output}`)
      const probe = { ...dns, qname: 'example', qtype: 'SOA', timeoutMs: ATTEMPT_MS }
      return ask(probe).catch(() => undefined)
    })
  } catch (err) {
    if (!hasEnded()) await end()
    throw err
  }
  return { dns, end }
}

/** A port of loopback that nobody uses now, for programs that cannot take one by themselves. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port of loopback')
  return address.port
}
