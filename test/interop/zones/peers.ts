import type { Name } from '../../../shared/dns/name.ts'
import { printZone } from '../../../shared/zonefile/print.ts'
import type { TestFolder } from '../../support/mesh.ts'
import { freePort, startPeer } from '../peer.ts'
import type { Peer } from '../peer.ts'
import { requireTool } from '../tools.ts'
import type { MadeZone } from './zone-maker.ts'

/** A zone and the master file that it was printed to. */
export interface ZoneFile {
  readonly apex: Name
  readonly file: string
}

/** Prints zones as master files. */
export function writeZones(folder: TestFolder, zones: readonly MadeZone[]): readonly ZoneFile[] {
  return zones.map(({ apex, records }, i) => ({
    apex,
    file: folder.write(`${i}.zone`, [...printZone(records)].join('')),
  }))
}

/** Starts NSD with the zones, as a process that writes nothing but into the folder. */
export async function startNsd(folder: TestFolder, zones: readonly ZoneFile[]): Promise<Peer> {
  const dns = { address: '127.0.0.1', port: await freePort() }
  const server = [
    'server:',
    `  ip-address: ${dns.address}@${dns.port}`,
    '  server-count: 1',
    '  username: ""',
    '  database: ""',
    `  zonesdir: ${quoted(folder.path)}`,
    `  zonelistfile: ${quoted(folder.file('nsd.list'))}`,
    `  xfrdfile: ${quoted(folder.file('nsd.xfrd'))}`,
    `  xfrdir: ${quoted(folder.path)}`,
    `  pidfile: ""`,
    '  tcp-query-count: 0',
    // Without it the NS records of the zone go with every answer.
    '  minimal-responses: yes',
    '  round-robin: no',
    '  rrl-ratelimit: 0',
    'remote-control:',
    '  control-enable: no',
  ]
  const served = zones.flatMap(({ apex, file }) => [
    'zone:',
    `  name: ${quoted(apex)}`,
    `  zonefile: ${quoted(file)}`,
  ])
  const config = folder.write('nsd.conf', `${[...server, ...served].join('\n')}\n`)
  return startPeer(requireTool('nsd', 'nsd'), ['-d', '-c', config], dns)
}

/** Starts Knot with the zones, as a process that writes nothing but into the folder. */
export async function startKnot(folder: TestFolder, zones: readonly ZoneFile[]): Promise<Peer> {
  const dns = { address: '127.0.0.1', port: await freePort() }
  const config = folder.write(
    'knot.conf',
    [
      'server:',
      `  rundir: ${quoted(folder.path)}`,
      `  listen: ${dns.address}@${dns.port}`,
      '  udp-workers: 1',
      '  tcp-workers: 1',
      '  background-workers: 1',
      // Whoever asks takes the answers when there is time.
      '  tcp-io-timeout: 0',
      'log:',
      '  - target: stderr',
      '    any: warning',
      'database:',
      `  storage: ${quoted(folder.file('knot'))}`,
      'template:',
      '  - id: default',
      `    storage: ${quoted(folder.path)}`,
      '    semantic-checks: on',
      '    journal-content: none',
      '    zonefile-sync: -1',
      'zone:',
      ...zones.flatMap(({ apex, file }) => [
        `  - domain: ${quoted(apex)}`,
        `    file: ${quoted(file)}`,
      ]),
      '',
    ].join('\n'),
  )
  return startPeer(requireTool('knotd', 'knot'), ['-c', config], dns)
}

function quoted(text: string): string {
  return JSON.stringify(text)
}
