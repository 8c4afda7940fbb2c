import { createProgramPeer, findProgram } from './program-peer.ts'
import type { Peer } from './peer.ts'
import { apex } from './zone.ts'

/** Unbound: all from its cache. */
export const unbound: Peer = createProgramPeer({
  name: 'Unbound',
  kind: 'other',
  isForwarder: true,
  find: () =>
    findProgram(
      ['unbound', '-V'],
      /^Version (\S+)/m,
      'unbound is missing: apt-get install unbound',
    ),
  configure: ({ folder, dns, authority }) => {
    const config = folder.write(
      'unbound.conf',
      `server:
  interface: ${dns.address}@${dns.port}
  num-threads: 1
  do-ip6: no
  username: ""
  chroot: ""
  directory: "${folder.path()}"
  pidfile: ""
  use-syslog: no
  verbosity: 0
  module-config: "iterator"
  do-not-query-localhost: no
  minimal-responses: yes
remote-control:
  control-enable: no
stub-zone:
  name: ${apex}
  stub-addr: ${authority.address}@${authority.port}
`,
    )
    return ['unbound', '-d', '-p', '-c', config]
  },
})

/** dnsdist: all from its packet cache. */
export const dnsdist: Peer = createProgramPeer({
  name: 'dnsdist',
  kind: 'other',
  isForwarder: true,
  find: () =>
    findProgram(
      ['dnsdist', '--version'],
      /^dnsdist (\S+)/m,
      'dnsdist is missing: apt-get install dnsdist',
    ),
  configure: ({ folder, dns, authority }) => {
    const config = folder.write(
      'dnsdist.conf',
      `setLocal("${dns.address}:${dns.port}")
setSecurityPollSuffix("")
setUDPMultipleMessagesVectorSize(64)
setMaxTCPClientThreads(1)
newServer({address="${authority.address}:${authority.port}"}):setUp()
getPool(""):setCache(newPacketCache(100000, {maxTTL=86400}))
`,
    )
    return ['dnsdist', '--supervised', '--disable-syslog', '-C', config]
  },
})
