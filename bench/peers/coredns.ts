import { copyFileSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { processEnvironment } from '../../shared/config/environment.ts'
import { packageRoot } from '../../shared/package-root.ts'
import { readOutput } from './output.ts'
import type { Found, Peer } from './peer.ts'
import { createProgramPeer, findProgram } from './program-peer.ts'
import { TTL_SECONDS, apex, zoneText } from './zone.ts'

/** To fetch and compile it for the first time; later it is a matter of a second. */
const BUILD_MS = 10 * 60_000

/** CoreDNS with its `file` plugin. */
export const corednsFile: Peer = createCoreDns('CoreDNS (file)', [])

/** CoreDNS with its `cache` plugin before the same. */
export const corednsCache: Peer = createCoreDns('CoreDNS (cache)', [`  cache ${TTL_SECONDS}`])

function createCoreDns(name: string, plugins: readonly string[]): Peer {
  return createProgramPeer({
    name,
    kind: 'other',
    find: build,
    environment: { GOMAXPROCS: '1' },
    configure: ({ folder, dns, apps }) => {
      const zone = folder.write('zone', zoneText(apps))
      const lines = [
        `.:${dns.port} {`,
        `  bind ${dns.address}`,
        ...plugins,
        // The others give no more than what was asked for, too.
        '  minimal',
        `  file ${zone} ${apex}`,
        '}',
        '',
      ]
      return [program, '-quiet', '-conf', folder.write('Corefile', lines.join('\n'))]
    },
  })
}

const cache = processEnvironment()['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
const folder = join(cache, 'meridian/bench-coredns')
const program = join(folder, 'coredns')

/** Builds it, in the version that the tests pin, with the plugins of the bench. */
async function build(): Promise<Found> {
  const pinned = join(packageRoot(), 'test/interop/coredns')
  mkdirSync(folder, { recursive: true })
  for (const file of ['go.mod', 'go.sum']) copyFileSync(join(pinned, file), join(folder, file))
  copyFileSync(join(packageRoot(), 'bench/peers/coredns/main.go'), join(folder, 'main.go'))
  // -mod=mod: what these plugins need more than those of the tests is added to the copies.
  const args = ['build', '-mod=mod', '-buildvcs=false', '-o', program, '.']
  const output = await readOutput('go', args, { cwd: folder, timeoutMs: BUILD_MS })
  if (output === undefined) return { missing: 'CoreDNS has to be built: install Go, 1.25 or newer' }
  return findProgram(
    [program, '-version'],
    /CoreDNS-(\S+)/,
    `CoreDNS could not be built: ${output.trim().split('\n').at(-1) ?? ''}`,
  )
}
