import { spawn } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { devMesh } from '../../cli/dev/config.ts'
import { packageRoot } from '../../shared/package-root.ts'
import { addressesOf, ask } from '../support/dns-client.ts'
import { buildImage, readDockerfile, type Image } from '../support/image.ts'
import { popsFile, TestFolder } from '../support/mesh.ts'
import { isRecord, meridian, ProgramUnderTest, until, type Ended } from '../support/program.ts'

const root = packageRoot()
const dockerfile = join(root, 'deploy/Dockerfile')
const composeText = readFileSync(join(root, 'docker-compose.yml'), 'utf8')
const compose = z
  .object({
    services: z.record(
      z.string(),
      z.object({
        image: z.string(),
        build: z.object({ context: z.literal('.'), dockerfile: z.string(), target: z.string() }),
        environment: z.record(z.string(), z.string()),
        volumes: z.array(z.string()),
        ports: z.array(z.string()),
        healthcheck: z.object({ interval: z.string() }),
        depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
      }),
    ),
    volumes: z.record(z.string(), z.null()),
  })
  .parse(parse(composeText, { merge: true }))
const services = Object.entries(compose.services)

const samples = globSync('deploy/config/**/*.yaml', { cwd: root }).sort()

describe('sample configs', () => {
  it('are all there', () => {
    expect(samples).toEqual([
      'deploy/config/central-tls.yaml',
      'deploy/config/central.yaml',
      'deploy/config/compose/central-kafka.yaml',
      'deploy/config/compose/central.yaml',
      'deploy/config/compose/edge-kafka.yaml',
      'deploy/config/compose/edge.yaml',
      'deploy/config/edge-tls.yaml',
      'deploy/config/edge.yaml',
    ])
  })

  it.each(samples)('%s is a good config', async (file) => {
    const checked = await meridian(['config', 'check', '--no-env', join(root, file)])
    expect(checked).toMatchObject({ code: 0, stderr: '' })
  })
})

describe('docker-compose.yml', () => {
  it('has one central and three edges, at the ports of `meridian dev`', () => {
    const published = Object.fromEntries(services.map(([name, { ports }]) => [name, ports]))
    const port = (socket: string): string => socket.slice(socket.lastIndexOf(':') + 1)
    expect(published).toEqual({
      central: [
        ...[devMesh.grpc, devMesh.http].map((socket) => `${socket}:${port(socket)}`),
        `${devMesh.http}:${port(devMesh.http)}/udp`,
      ],
      ...Object.fromEntries(
        devMesh.edges.map(({ id, dns, admin }) => [
          `edge-${id}`,
          [`${dns}:1053/udp`, `${dns}:1053/tcp`, `${admin}:9153`],
        ]),
      ),
    })
  })

  it.each(services)('%s is built from a target that exposes its ports', (_, service) => {
    const stage = readDockerfile(join(root, service.build.dockerfile)).get(service.build.target)
    const exposed = stage?.instructions.find(({ word }) => word === 'EXPOSE')?.rest.split(' ')
    const wanted = service.ports.map((each) => each.slice(each.lastIndexOf(':') + 1))
    expect(exposed).toEqual(wanted)
  })

  it.each(services)(
    '%s mounts volumes that are declared and files that are there',
    (_, service) => {
      const sources = service.volumes.map((each) => each.split(':')[0] ?? '')
      const [config = '', data = ''] = sources
      expect(sources).toHaveLength(2)
      expect(samples).toContain(config.replace('./', ''))
      expect(Object.keys(compose.volumes)).toContain(data)
    },
  )

  it.each(services)('%s waits only for services that have a health check', (_, service) => {
    for (const [name, { condition }] of Object.entries(service.depends_on)) {
      expect(condition).toBe('service_healthy')
      expect(Object.keys(compose.services)).toContain(name)
    }
  })

  it.each(services)('%s gives its config every variable that it refers to', async (_, service) => {
    const config = service.volumes[0]?.split(':')[0] ?? ''
    const checked = await meridian(['config', 'check', join(root, config)], {
      env: environmentOf(service),
    })
    expect(checked).toMatchObject({ code: 0, stderr: '' })
  })
})

describe('the images of deploy/Dockerfile', () => {
  const folder = new TestFolder()
  const programs: ProgramUnderTest[] = []
  let central: { image: Image; program: ProgramUnderTest; env: NodeJS.ProcessEnv }
  let edge: typeof central
  let dns: { address: string; port: number }
  let centralUrl = ''

  /** Starts a service of docker-compose.yml as the engine would, but for addresses and folders. */
  const start = (name: string, env: NodeJS.ProcessEnv): typeof central => {
    const service = compose.services[name]
    if (service === undefined) throw new Error(`there is no service ${name}`)
    const image = buildImage(dockerfile, service.build.target, folder.file('images'))
    const whole = {
      ...image.env,
      ...environmentOf(service),
      MERIDIAN_CONFIG: join(root, service.volumes[0]?.split(':')[0] ?? ''),
      MERIDIAN_DATA_DIR: folder.file(name),
      ...env,
    }
    const program = execute(image, image.cmd, whole)
    programs.push(program)
    return { image, env: whole, program }
  }

  beforeAll(async () => {
    central = start('central', {
      MERIDIAN_GRPC_LISTEN: '127.0.0.1:0',
      MERIDIAN_HTTP_LISTEN: '127.0.0.1:0',
    })
    const up = await central.program.logged('central is up')
    centralUrl = `http://${socketOf(up['http'])}`
    edge = start('edge-ewr', {
      MERIDIAN_TOPOLOGY: popsFile,
      MERIDIAN_ADMIN_LISTEN: '127.0.0.1:0',
      DNS_LISTEN: '127.0.0.1:0',
      CENTRAL_ADDRESS: socketOf(up['grpc']),
    })
    const edgeUp = await edge.program.logged('edge is up')
    const listeners: unknown = edgeUp['dns']
    const first: unknown = Array.isArray(listeners) ? listeners[0] : undefined
    if (!isRecord(first)) throw new Error('the edge serves no DNS')
    dns = { address: String(first['address']), port: Number(first['port']) }
  }, 120_000)
  afterAll(async () => {
    await Promise.all(programs.map((program) => program.end()))
    folder.remove()
  })

  it('say their version', async () => {
    const { code, stdout } = await execute(central.image, ['--version'], {}).ended
    expect(code).toBe(0)
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it('hold no tests', () => {
    const compiled = globSync('dist/**/*.js', { cwd: central.image.workdir })
    expect(compiled).toContain(join('dist', 'edge', 'main.js'))
    expect(compiled.filter((file) => /\.(?:test|contract|fixture)\.js$/.test(file))).toEqual([])
  })

  it('run as a user that is not root, and stop by SIGTERM', () => {
    for (const { image } of [central, edge]) {
      expect(image).toMatchObject({ user: '1000:1000', stopSignal: 'SIGTERM' })
    }
  })

  it('answer a query for an app that the command of docker-compose.yml registers', async () => {
    const [, command = ''] = /exec central node dist\/cli\/main\.js (.*)/.exec(composeText) ?? []
    const applied = await execute(central.image, command.split(' '), {
      MERIDIAN_TOKEN: central.env['MERIDIAN_TOKEN'],
      MERIDIAN_URL: centralUrl,
    }).ended
    expect(applied).toMatchObject({ code: 0, stderr: '' })
    // Newark: San Francisco is nearer than London and Tokyo. The change is on its way to the edge.
    const found = await until('the edge to answer with an address', async () => {
      const response = await ask({ ...dns, qname: 'video.example', qtype: 'A' })
      return response.answers.length > 0 ? addressesOf(response) : undefined
    })
    expect(found).toEqual(['192.0.2.10'])
  })

  it('have a health check that tells a server from none', async () => {
    const up = await healthOf(central.image, `${centralUrl}/health`)
    expect(up).toEqual({ code: 0, stderr: '' })
    const down = await healthOf(central.image, 'http://127.0.0.1:1/health')
    expect(down).toEqual({ code: 1, stderr: '' })
    expect(edge.image.healthcheck).toEqual(central.image.healthcheck)
    for (const { image } of [central, edge]) {
      const { port, pathname } = new URL(image.env['HEALTH_URL'] ?? '')
      expect(pathname).toBe('/health')
      expect(image.ports).toContain(`${port}/tcp`)
    }
  })

  it('find the program again that `meridian dev` starts', async () => {
    const logFile = folder.file('child.log')
    const child = { label: 'version', args: ['--version'], logFile }
    const started = await runNode(central.image, [
      '--input-type=module',
      '--eval',
      `import { Child } from './dist/cli/dev/child.js'
       new Child({ ...${JSON.stringify(child)}, onEnd: () => {} }).start()`,
    ])
    expect(started).toEqual({ code: 0, stderr: '' })
    expect(readFileSync(logFile, 'utf8')).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it('stop cleanly', async () => {
    expect(await edge.program.end()).toMatchObject({ code: 0 })
    expect(await central.program.end()).toMatchObject({ code: 0 })
  })
})

describe('systemd units', () => {
  it.each(['central', 'edge'])('meridian-%s runs the sample config', (program) => {
    const unit = readFileSync(join(root, `deploy/systemd/meridian-${program}.service`), 'utf8')
    const config: unknown = parse(readFileSync(join(root, `deploy/config/${program}.yaml`), 'utf8'))
    const dataDir = isRecord(config) ? String(config['dataDir']) : ''
    expect(unit).toContain(`main.js ${program} --config /etc/meridian/${program}.yaml\n`)
    expect(unit).toContain(`\nStateDirectory=${basename(dataDir)}\n`)
    expect(dataDir).toBe(`/var/lib/${basename(dataDir)}`)
  })
})

/** The variables of a service; one that the user has to set gets a value here. */
function environmentOf(service: { readonly environment: Readonly<Record<string, string>> }) {
  return Object.fromEntries(
    Object.entries(service.environment).map(([name, value]) => [
      name,
      value.startsWith('${') ? 'a-token-for-the-tests' : value,
    ]),
  )
}

function execute(image: Image, args: readonly string[], env: NodeJS.ProcessEnv): ProgramUnderTest {
  const [node, main = ''] = image.entrypoint
  expect(node).toBe('node')
  return new ProgramUnderTest(args, {
    main: join(image.workdir, main),
    cwd: image.workdir,
    env,
  })
}

/** Runs the HEALTHCHECK of an image against a URL. */
function healthOf(image: Image, url: string): Promise<Pick<Ended, 'code' | 'stderr'>> {
  return runNode(image, image.healthcheck.slice(1), { HEALTH_URL: url })
}

function runNode(
  image: Image,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Pick<Ended, 'code' | 'stderr'>> {
  const child = spawn(process.execPath, args, { cwd: image.workdir, env, timeout: 10_000 })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stderr })))
}

function socketOf(value: unknown): string {
  if (!isRecord(value)) throw new Error(`no address in ${JSON.stringify(value)}`)
  return `${String(value['address'])}:${Number(value['port'])}`
}
