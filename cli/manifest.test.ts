import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, describe, expect, it } from 'vitest'
import { formatMistake } from '../shared/config/mistakes.ts'
import { createFolder } from './cli.fixture.ts'
import { readManifests, type ReadManifests } from './manifest.ts'

const folder = createFolder()
afterAll(folder.remove)

function read(texts: Readonly<Record<string, string>>, stdin = ''): Promise<ReadManifests> {
  const files = Object.entries(texts).map(([name, text]) => {
    const file = join(folder.path, name)
    writeFileSync(file, text)
    return file
  })
  return readManifests(stdin === '' ? files : [...files, '-'], Readable.from([Buffer.from(stdin)]))
}

async function linesOf(
  texts: Readonly<Record<string, string>>,
  stdin = '',
): Promise<readonly string[]> {
  const result = await read(texts, stdin)
  if (result.ok) throw new Error('the manifests are good')
  return result.mistakes.map((mistake) => formatMistake(mistake).replaceAll(`${folder.path}/`, ''))
}

describe('readManifests', () => {
  it('joins the lists of all files and leaves absent lists absent', async () => {
    const cluster = '{ id: sfo, latitude: 1, longitude: 2 }'
    const result = await read(
      { 'a.yaml': `clusters: [${cluster}]`, 'b.yaml': 'apps: [{ name: a.example }]' },
      'apps: [{ name: b.example }]',
    )
    expect(result).toEqual({
      ok: true,
      body: {
        clusters: [{ id: 'sfo', latitude: 1, longitude: 2 }],
        apps: [{ name: 'a.example' }, { name: 'b.example' }],
      },
    })
  })

  it('names every mistake of every file with its place', async () => {
    const a = [
      'clusters:',
      '  - id: sfo',
      '    latitude: 137',
      '    longitude: 2',
      '    addreses: [192.0.2.1]',
      'apps:',
      '  - name: a..example',
    ].join('\n')
    const stdin = 'zones:\n  - apex: example.org\n    ns: [ns.example.org, NS.example.org.]\n'
    expect(await linesOf({ 'a.yaml': a }, stdin)).toEqual([
      'a.yaml:3:15: clusters[0].latitude: 137 is not a number in -90..90',
      'a.yaml:5:5: clusters[0]: unknown key `addreses`, did you mean `addresses`?',
      'a.yaml:7:11: apps[0].name: "a..example" has an empty label',
      'stdin:3:9: zones[0].ns: a list of 2 entries holds a name twice',
    ])
  })

  it.each([
    [
      '{ type: ftp }',
      'check.type: "ftp" is not one of tcp, tls, http, https, grpc, dns, icmp, command',
    ],
    ['{ type: tcp, timeoutMs: 5 }', 'check.timeoutMs: 5 is not a whole number in 10..60000'],
    ['{ type: tcp, intervalMs: 1000 }', 'check.timeoutMs: is greater than intervalMs'],
    ['{ type: tcp, prot: 80 }', 'check: unknown key `prot`, did you mean `port`?'],
  ])('says what is wrong in the check %s', async (check, wanted) => {
    const text = `apps: [{ name: a.example, health: { check: ${check} } }]`
    const [line, ...others] = await linesOf({}, text)
    expect(others).toEqual([])
    expect(line).toMatch(/^stdin:1:\d+: apps\[0\]\.health\./)
    expect(line?.replace(/^.*?\.health\./, '')).toBe(wanted)
  })

  it('finds what stands in two files', async () => {
    const app = 'apps: [{ name: A.example. }]'
    const [line] = await linesOf({ 'a.yaml': 'apps: [{ name: a.example }]', 'b.yaml': app })
    expect(line).toMatch(
      /^b\.yaml:1:16: apps\[0\]\.name: "A\.example\." is already the name of one of the apps in a\.yaml$/,
    )
  })

  it.each([
    ['', 'stdin:1:1: null is not a mapping'],
    ['- a', 'stdin:1:1: a list of 1 entry is not a mapping'],
    ['apps: null', 'stdin:1:7: apps: null is not a list'],
  ])('refuses %j', async (text, line) => {
    expect(await linesOf({}, text === '' ? '# nothing\n' : text)).toEqual([line])
  })

  it('reads networks, and finds those that share a prefix or an id', async () => {
    const office = '{ id: office, prefixes: [192.0.2.0/24, "2001:db8::/48"], cluster: sfo }'
    const lab = '{ id: lab, prefixes: ["2001:DB8:0::/48"], latitude: 1, longitude: 2 }'
    const half = '{ id: office, prefixes: [198.51.100.0/24], latitude: 1 }'
    expect(await read({ 'a.yaml': `networks: [${office}]` })).toEqual({
      ok: true,
      body: {
        networks: [{ id: 'office', prefixes: ['192.0.2.0/24', '2001:db8::/48'], cluster: 'sfo' }],
      },
    })
    expect(
      await linesOf({ 'a.yaml': `networks: [${office}]`, 'b.yaml': `networks: [${lab}]` }),
    ).toEqual([
      'b.yaml:1:34: networks[0].prefixes[0]: "2001:DB8:0::/48" is already a prefix of one of the ' +
        'networks in a.yaml',
    ])
    expect(await linesOf({ 'a.yaml': `networks: [${office}, ${half}]` })).toEqual([
      'a.yaml:1:85: networks[1].longitude: is missing, a latitude alone is no place',
      'a.yaml:1:91: networks[1].id: "office" is already the id of networks[0]',
    ])
  })

  it('refuses stdin over its bound', async () => {
    const stdin = Readable.from([Buffer.alloc(9 * 1024 * 1024), Buffer.alloc(9 * 1024 * 1024)])
    expect(await readManifests(['-'], stdin)).toMatchObject({
      mistakes: [{ file: 'stdin', wanted: 'is larger than 16 MiB' }],
    })
  })

  it('does not expand references: a manifest may come from somebody else', async () => {
    const text = 'clusters: [{ id: sfo, latitude: 1, longitude: 2, city: "${file:/etc/hostname}" }]'
    const result = await read({}, text)
    expect(JSON.stringify(result)).toContain('${file:/etc/hostname}')
  })
})
