import { mkdirSync } from 'node:fs'
import { createProgramPeer, findProgram } from './program-peer.ts'
import type { Peer } from './peer.ts'
import { apex, geoipZones, zoneText } from './zone.ts'

/** Knot DNS. */
export const knot: Peer = createProgramPeer({
  name: 'Knot',
  kind: 'other',
  find: () =>
    findProgram(['knotd', '-V'], /version (\S+)/, 'knotd is missing: apt-get install knot'),
  configure: ({ folder, dns, apps }) => {
    const zone = folder.write('zone', zoneText(apps))
    const config = folder.write(
      'knot.conf',
      `server:
    rundir: "${folder.path()}"
    listen: ${dns.address}@${dns.port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "${folder.path('db')}"
log:
  - target: stderr
    any: error
zone:
  - domain: ${apex}
    file: "${zone}"
    zonefile-sync: -1
    journal-content: none
`,
    )
    return ['knotd', '-c', config]
  },
})

/** NSD: one server process beside its main process and the one for zone transfers. */
export const nsd: Peer = createProgramPeer({
  name: 'NSD',
  kind: 'other',
  find: () => findProgram(['nsd', '-v'], /version (\S+)/, 'nsd is missing: apt-get install nsd'),
  configure: ({ folder, dns, apps }) => {
    const zone = folder.write('zone', zoneText(apps))
    const config = folder.write(
      'nsd.conf',
      `server:
  ip-address: ${dns.address}@${dns.port}
  server-count: 1
  username: ""
  zonesdir: "${folder.path()}"
  database: ""
  pidfile: ""
  xfrdfile: ""
  xfrdir: "${folder.path()}"
  zonelistfile: "${folder.path('zone.list')}"
  minimal-responses: yes
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: ${apex}
  zonefile: "${zone}"
`,
    )
    return ['nsd', '-d', '-c', config]
  },
})

/** BIND as an authoritative server. */
export const bind: Peer = createProgramPeer({
  name: 'BIND',
  kind: 'other',
  find: () =>
    findProgram(['named', '-V'], /^BIND (\S+)/m, 'named is missing: apt-get install bind9'),
  configure: ({ folder, dns, apps }) => {
    const zone = folder.write('zone', zoneText(apps))
    const config = folder.write(
      'named.conf',
      `options {
  directory "${folder.path()}";
  pid-file none;
  session-keyfile none;
  managed-keys-directory "${folder.path()}";
  listen-on port ${dns.port} { ${dns.address}; };
  listen-on-v6 { none; };
  recursion no;
  dnssec-validation no;
  minimal-responses yes;
  notify no;
};
controls { };
logging { category default { null; }; category unmatched { null; }; };
zone "${apex}" { type primary; file "${zone}"; };
`,
    )
    return ['named', '-f', '-n', '1', '-c', config]
  },
})

/** gdnsd, the names as plain addresses: what its geo plugin chooses once is no cheaper to give. */
export const gdnsd: Peer = createProgramPeer({
  name: 'gdnsd',
  kind: 'other',
  find: () =>
    findProgram(['gdnsd'], /gdnsd version (\S+)/, 'gdnsd is missing: apt-get install gdnsd'),
  configure: ({ folder, dns, apps }) => {
    mkdirSync(folder.path('zones'))
    folder.write(`zones/${apex}`, zoneText(apps))
    folder.write(
      'config',
      `options => {
  listen => [ ${dns.address}:${dns.port} ]
  udp_threads => 1
  tcp_threads => 1
  run_dir => ${folder.path('run')}
  state_dir => ${folder.path('state')}
}
`,
    )
    return ['gdnsd', '-c', folder.path(), 'start']
  },
})

/** The GeoIP backend of PowerDNS behind its packet cache. */
export const powerdns: Peer = createProgramPeer({
  name: 'PowerDNS',
  kind: 'other',
  find: async () => {
    const missing =
      'pdns_server or its GeoIP backend is missing: apt-get install pdns-server pdns-backend-geoip'
    // The backend is a package of its own.
    const listed = ['pdns_server', '--no-config', '--list-modules'] as const
    const backend = await findProgram(listed, /^(geoip)$/m, missing)
    if ('missing' in backend) return { missing }
    return findProgram(['pdns_server', '--version'], /Server (\S+)/, missing)
  },
  configure: ({ folder, dns, apps }) => {
    const zones = folder.write('zones.yml', geoipZones(apps))
    folder.write(
      'pdns.conf',
      `launch=geoip
geoip-zones-file=${zones}
geoip-database-files=
local-address=${dns.address}
local-port=${dns.port}
socket-dir=${folder.path()}
receiver-threads=1
distributor-threads=1
cache-ttl=3600
security-poll-suffix=
loglevel=3
disable-syslog=yes
daemon=no
guardian=no
`,
    )
    return ['pdns_server', `--config-dir=${folder.path()}`]
  },
})
