import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { callCli, createFolder, runCli } from './cli.fixture.ts'

const folder = createFolder()
afterAll(folder.remove)

function write(name: string, text: string): string {
  const file = join(folder.path, name)
  writeFileSync(file, text)
  return file
}

describe('the command line', () => {
  it('prints its version', async () => {
    const { code, out } = await runCli(['--version'])
    expect(code).toBe(0)
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it('gives help with examples', async () => {
    const { code, out } = await runCli(['apply', '--help'])
    expect(code).toBe(0)
    expect(out).toContain('Examples:\n  $ meridian apply -f mesh.yaml --dry-run')
    expect(out).toContain('Global Options:')
  })

  it.each([
    [[], /^Usage: meridian/],
    [['statsu'], /^error: unknown command 'statsu'\n\(Did you mean status\?\)\n$/],
    [['status', '--otput', 'json'], /^error: unknown option '--otput'\n/],
    [['status', '--output', 'xml'], /'xml' is invalid. Allowed choices are table, json/],
    [['status', 'extra'], /^error: too many arguments/],
    [['clusters', 'get'], /^error: missing required argument 'id'\n$/],
    [['apply'], /^error: required option '-f, --file <file...>' not specified\n$/],
    [['status', '--url', 'nowhere'], /^error: --url: "nowhere" is not a URL/],
    [['status', '--token-file', '/nowhere'], /^error: --token-file: \/nowhere does not exist\n$/],
    [
      ['edge'],
      /^error: --config: is missing, a file is wanted \(or its name in MERIDIAN_CONFIG\)\n$/,
    ],
    [
      ['events', '--limit', 'many'],
      /^error: --limit: "many" is not a whole number in 1\.\.1000000\n$/,
    ],
  ])('ends %j with exit code 2', async (args, err) => {
    const ran = await callCli(args)
    expect(ran).toMatchObject({ code: 2, out: '' })
    expect(ran.err).toMatch(err)
  })

  it.each(['central', 'edge'])('hands the config file to the %s', async (program) => {
    const err = '/nowhere.yaml: does not exist\n'
    expect(await runCli([program, '--config', '/nowhere.yaml'])).toEqual({ code: 2, out: '', err })
    const env = { MERIDIAN_CONFIG: '/nowhere.yaml' }
    expect(await runCli([program], { env })).toEqual({ code: 2, out: '', err })
  })

  it('says who cannot be reached, and shows the stack only by --debug', async () => {
    const server = createServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
    const cut = await runCli(['status', '--url', url])
    expect(cut.err).toMatch(
      /^error: cannot reach central at http:\S+ \(from --url\): the connection was/,
    )
    await new Promise((resolve) => server.close(resolve))
    const refused = await runCli(['status'], { env: { MERIDIAN_URL: url } })
    expect(refused).toEqual({
      code: 1,
      out: '',
      err: `error: cannot reach central at ${url} (from MERIDIAN_URL): connection refused, nothing listens there\n`,
    })
    const debug = await runCli(['status', '--url', url, '--debug'])
    expect(debug.err).toMatch(/\n {4}at .*client\.ts:\d+/)
    expect(debug.err).toContain('caused by TypeError: fetch failed')
  })
})

describe('meridian config', () => {
  const topology = 'clusters: [{ id: sfo, latitude: 1, longitude: 2 }]\n'

  it('finds the kind of a file and checks it', async () => {
    const file = write('topology.yaml', topology)
    expect(await runCli(['config', 'check', file])).toEqual({
      code: 0,
      out: `${file}: ok (topology)\n`,
      err: '',
    })
    const central = write('central.yaml', 'dataDir: ${DATA}\ngrpc: {}\n')
    expect(await runCli(['config', 'check', '--no-env', central])).toMatchObject({
      code: 0,
      out: `${central}: ok (central)\n`,
    })
  })

  it('prints every mistake in a line, exit code 2', async () => {
    const file = write('bad.yaml', 'grpc: {}\ndataDir: ${DATA}\nsnapshotChanges: 0\nlogs: {}\n')
    const { code, err } = await runCli(['config', 'check', file], { env: { MERIDIAN_GPRC: '1' } })
    expect(code).toBe(2)
    expect(err.replaceAll(file, 'bad.yaml').split('\n')).toEqual([
      'bad.yaml:2:10: dataDir: "${DATA}" names the environment variable DATA, which is not set',
      'bad.yaml:3:18: snapshotChanges: 0 is not a whole number in 1..1000000000',
      'bad.yaml:4:1: unknown key `logs`, did you mean `log`?',
      'MERIDIAN_GPRC: fits no key of the configuration',
      '',
    ])
  })

  it('gives the mistakes as JSON too', async () => {
    const file = write('bad-topology.yaml', 'clusters: []\n')
    const { code, out } = await callCli(['config', 'check', file, '--output', 'json'])
    expect(code).toBe(2)
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      kind: 'topology',
      mistakes: [{ file, line: 1, column: 11, path: 'clusters' }],
    })
  })

  it('asks for --kind when the keys do not tell', async () => {
    const file = write('odd.yaml', 'a: 1\n')
    const ran = await callCli(['config', 'check', file])
    expect(ran.code).toBe(2)
    expect(ran.err).toContain('--kind is wanted')
    const told = await callCli(['config', 'check', file, '--kind', 'manifest'])
    expect(told.err).toBe(
      `${file}:1:1: unknown key \`a\`; known are clusters, zones, networks, records, apps\n`,
    )
  })

  it.each(['central', 'edge', 'manifest', 'topology'])(
    'prints the JSON schema of %s',
    async (kind) => {
      const { code, out } = await callCli(['config', 'schema', kind])
      expect(code).toBe(0)
      expect(JSON.parse(out)).toMatchObject({ type: 'object', additionalProperties: false })
    },
  )

  it('refuses a schema that there is none of', async () => {
    expect(await callCli(['config', 'schema', 'dns'])).toMatchObject({
      code: 2,
      err: 'error: "dns" is not one of central, edge, manifest, topology\n',
    })
  })
})
