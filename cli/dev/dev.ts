import { rmSync, writeFileSync, readFileSync, renameSync } from 'node:fs'
import { join, relative } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { systemClock } from '../../shared/clock.ts'
import { MeridianError, messageOf } from '../../shared/errors.ts'
import { EXIT_FAILED, EXIT_OK } from '../../shared/exit.ts'
import { complain, nextSignal } from '../../shared/program.ts'
import { softwareName } from '../../shared/software.ts'
import { RestClient } from '../client.ts'
import { findDevState } from '../dev-state.ts'
import type { DevState } from '../dev-state.ts'
import { readManifests } from '../manifest.ts'
import { Child } from './child.ts'
import { devManifestFile, devMesh, devTopologyFile, writeDevFiles } from './config.ts'
import type { DevFiles } from './config.ts'

/** How long a program may take to answer on its HTTP port. */
const START_MS = 20_000
/** How often it is asked meanwhile. */
const POLL_MS = 50
const LOG_TAIL_LINES = 5

const statusSchema = z.object({ version: z.int() })

/** Runs one central and three edges on loopback until Ctrl-C. Resolves with the exit code. */
export async function runDev(options: { readonly fresh: boolean }): Promise<number> {
  const dir = join(process.cwd(), '.meridian')
  const running = pidOfRunning()
  if (running !== undefined) {
    complain(`meridian dev runs here already, as process ${running}; stop that one first`)
    return EXIT_FAILED
  }
  if (options.fresh) rmSync(dir, { recursive: true, force: true })
  const files = writeDevFiles(dir)
  let isUp = false
  const children = createChildren(files, (label, how, willRestart) => {
    if (!isUp) return
    const next = willRestart ? 'it is started again' : 'it stays down'
    complain(`${label} ended (${how}), ${next}`)
  })
  const stop = async (): Promise<void> => {
    await Promise.all(children.edges.map((edge) => edge.child.stop()))
    await children.central.stop()
    rmSync(join(dir, 'dev.json'), { force: true })
  }
  const stopped = nextSignal()
  try {
    await startMesh(files, children)
    isUp = true
  } catch (err) {
    complain(messageOf(err))
    await stop()
    return EXIT_FAILED
  }
  await stopped
  say('stopping')
  await stop()
  return EXIT_OK
}

interface Children {
  readonly central: Child
  readonly edges: readonly { readonly id: string; readonly child: Child }[]
}

function createChildren(
  files: DevFiles,
  onEnd: (label: string, how: string, willRestart: boolean) => void,
): Children {
  const create = (label: string, program: string, args: readonly string[]): Child =>
    new Child({
      label,
      args,
      logFile: files.logFile(program),
      onEnd: (how, willRestart) => onEnd(label, how, willRestart),
    })
  return {
    central: create('central', 'central', ['central', '--config', files.centralConfig]),
    edges: devMesh.edges.map(({ id }) => ({
      id,
      child: create(`edge ${id}`, `edge-${id}`, ['edge', '--config', files.edgeConfig(id)]),
    })),
  }
}

async function startMesh(files: DevFiles, children: Children): Promise<void> {
  const url = `http://${devMesh.http}`
  const central = new RestClient({ url, from: 'meridian dev', token: files.token })
  children.central.start()
  await waitUntilReady(url, children.central, files.logFile('central'))
  const registered = await registerSamples(central)
  for (const { child } of children.edges) child.start()
  for (const { id, admin } of devMesh.edges) {
    const child = children.edges.find((edge) => edge.id === id)?.child
    if (child !== undefined) {
      await waitUntilReady(`http://${admin}`, child, files.logFile(`edge-${id}`))
    }
  }
  writeDevState(files, url)
  say(introduction(files, children, registered))
}

/** Registers topology and samples with a central that holds nothing yet. */
async function registerSamples(central: RestClient): Promise<string> {
  const status = await central.send({ method: 'GET', path: '/v1/status' })
  const { version } = statusSchema.parse(status.body)
  if (version > 0) return `The registry is at version ${version}, as it was left.`
  const read = await readManifests([devTopologyFile(), devManifestFile()], process.stdin)
  if (!read.ok)
    throw new MeridianError('MERIDIAN_MANIFEST_INVALID', 'the sample manifest is not good')
  const answer = await central.send({ method: 'POST', path: '/v1/changes', body: read.body })
  if (answer.status !== 200) {
    const message = `central refused the samples: ${JSON.stringify(answer.body)}`
    throw new MeridianError('MERIDIAN_REQUEST_FAILED', message)
  }
  const count = (list: readonly unknown[] | undefined): number => list?.length ?? 0
  const { clusters, apps } = read.body
  return `Registered ${count(clusters)} clusters and ${count(apps)} sample apps.`
}

async function waitUntilReady(url: string, child: Child, logFile: string): Promise<void> {
  const until = systemClock.nowMs() + START_MS
  const tail = (): string =>
    readFileSync(logFile, 'utf8').trim().split('\n').slice(-LOG_TAIL_LINES).join('\n')
  while (systemClock.nowMs() < until) {
    if (child.pid === undefined) {
      throw new MeridianError('MERIDIAN_REQUEST_FAILED', `${child.label} did not start:\n${tail()}`)
    }
    try {
      if (child.isUp && (await fetch(`${url}/ready`)).ok) return
    } catch {
      // Not listening yet.
    }
    await wait(POLL_MS)
  }
  const message = `${child.label} was not ready after ${START_MS / 1000} s:\n${tail()}`
  throw new MeridianError('MERIDIAN_REQUEST_FAILED', message)
}

function writeDevState(files: DevFiles, url: string): void {
  const state: DevState = {
    url,
    token: files.token,
    pid: process.pid,
    edges: devMesh.edges.map(({ id, admin, dns }) => ({ id, adminUrl: `http://${admin}`, dns })),
  }
  const file = join(files.dir, 'dev.json')
  writeFileSync(`${file}.tmp`, JSON.stringify(state, undefined, 2), { mode: 0o600 })
  renameSync(`${file}.tmp`, file)
}

/** The process that runs this mesh already; a state that a killed one left behind counts for nothing. */
function pidOfRunning(): number | undefined {
  const pid = findDevState(process.cwd())?.state.pid
  if (pid === undefined) return undefined
  try {
    process.kill(pid, 0)
    return pid
  } catch {
    return undefined
  }
}

function introduction(files: DevFiles, children: Children, registered: string): string {
  const port = (socket: string): string => socket.slice(socket.lastIndexOf(':') + 1)
  const edges = devMesh.edges.map(({ id, dns, admin }) => {
    const pid = children.edges.find((edge) => edge.id === id)?.child.pid
    return `  edge ${id}  DNS ${dns}   admin http://${admin}   pid ${pid}`
  })
  const digs = devMesh.edges.map(
    ({ id, dns }) => `  dig @127.0.0.1 -p ${port(dns)} video.example A    # as ${id} answers`,
  )
  return `${softwareName()}: one central and three edges on this machine

  central   gRPC ${devMesh.grpc}  HTTP http://${devMesh.http}    pid ${children.central.pid}
${edges.join('\n')}

${registered} Data and logs are in ${relative(process.cwd(), files.dir)}; --fresh begins anew.

Try:
${digs.join('\n')}
  dig @127.0.0.1 -p 5301 nothing.example A  # does not exist
  npm run meridian -- explain video.example --edge ewr
  npm run meridian -- apps list

Ctrl-C stops all.`
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
