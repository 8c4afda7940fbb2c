import { delimiter } from 'node:path'
import { processEnvironment } from '../../shared/config/environment.ts'
import { describeAnswer } from '../client/ask-all.ts'
import { UdpClient } from '../client/udp-client.ts'
import type { Target } from '../client/udp-client.ts'
import { BenchFolder } from '../mesh/folder.ts'
import type { BenchApp } from '../mesh/workload.ts'
import { LOOPBACK, freePort } from '../process/free-port.ts'
import { Program } from '../process/program.ts'
import { readOutput } from './output.ts'
import type { Found, Peer, RunningPeer, Site } from './peer.ts'

/** A server that is a program with a config, as most are. */
export interface ProgramSpec extends Omit<Peer, 'start'> {
  /** Writes the config and returns the command that runs in the foreground. */
  readonly configure: (place: Place) => readonly string[] | Promise<readonly string[]>
  /** Variables of its environment beside those of the bench. */
  readonly environment?: Readonly<Record<string, string>>
}

/** Where a program is to serve, and what. */
export interface Place {
  /** Its own, removed at its end. */
  readonly folder: BenchFolder
  readonly dns: Target
  readonly apps: readonly BenchApp[]
  /** The server behind it, for forwarders; for others it is the peer itself. */
  readonly authority: Target
}

/** How long a server may take to answer. */
const UP_DEADLINE_MS = 30_000
/** How long one question waits while the server may not be there yet. */
const UP_ATTEMPT_MS = 20

/** Makes a peer of a program. */
export function createProgramPeer(spec: ProgramSpec): Peer {
  return {
    ...spec,
    start: async (site) => {
      if (spec.isForwarder !== true) return startProgram(spec, site)
      if (site.authority === undefined) throw new Error('there is no server behind it')
      const { load } = site.cpus
      const authority = await site.authority.start({ ...site, cpus: { server: load, load } })
      try {
        const peer = await startProgram(spec, site, authority.dns)
        const end = async (): Promise<void> => {
          await peer.end()
          await authority.end()
        }
        return { ...peer, end }
      } catch (err) {
        await authority.end()
        throw err
      }
    },
  }
}

/** Finds a program by what it prints about its version. */
export async function findProgram(
  [command, ...args]: readonly [string, ...string[]],
  pattern: RegExp,
  missing: string,
): Promise<Found> {
  const output = await readOutput(command, args, { env: environmentWith({}) })
  if (output === undefined) return { missing }
  const version = pattern.exec(output)?.[1]
  return version === undefined
    ? { missing: `${command} ${args.join(' ')} names no version` }
    : { version }
}

async function startProgram(
  { configure, environment = {} }: ProgramSpec,
  { apps, cpus }: Site,
  authority?: Target,
): Promise<RunningPeer> {
  const folder = new BenchFolder()
  const dns = { address: LOOPBACK, port: await freePort() }
  let program: Program | undefined
  const end = async (): Promise<void> => {
    await program?.end()
    folder.remove()
  }
  try {
    const command = await configure({ folder, dns, apps, authority: authority ?? dns })
    const env = environmentWith(environment)
    const started = new Program(command, { cpu: cpus.server, env })
    program = started
    await isUp(started, dns, apps[0]?.name ?? '')
    return { dns, usage: () => started.usage(), end }
  } catch (err) {
    await end()
    throw err
  }
}

/** Waits until a name is answered. Rejects, with what the program has printed, when that never comes. */
async function isUp(program: Program, dns: Target, qname: string): Promise<void> {
  const deadline = AbortSignal.timeout(UP_DEADLINE_MS)
  let last = 'no answer'
  await UdpClient.with(dns, async (client) => {
    for (;;) {
      const timed = await client.ask(qname, { timeoutMs: UP_ATTEMPT_MS }).catch(() => undefined)
      if (timed !== undefined) last = describeAnswer(timed.response)
      // What it answers is checked by whoever measures it; a server that loads says SERVFAIL or REFUSED.
      if (timed !== undefined && /^\d/.test(last)) return
      const printed = program.lines.slice(-20).join('\n')
      if (program.hasEnded) throw new Error(`it has ended before it answered:\n${printed}`)
      if (deadline.aborted) {
        throw new Error(`${last} after ${UP_DEADLINE_MS} ms:\n${printed}`)
      }
    }
  })
}

/** The environment of the bench and more; servers are often where only root's PATH looks. */
function environmentWith(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const own = processEnvironment()
  const path = [own['PATH'] ?? '', '/usr/local/sbin', '/usr/sbin', '/sbin'].join(delimiter)
  return { ...own, PATH: path, ...more }
}
