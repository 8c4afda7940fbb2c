import { join } from 'node:path'
import { packageRoot } from '../../shared/package-root.ts'
import { readOutput } from './output.ts'
import type { Peer } from './peer.ts'
import { createProgramPeer, findProgram } from './program-peer.ts'

const ADDRESS = '192.0.2.1'

/** What the kernel alone costs: `floor.c`. */
export const floor: Peer = createFloor('floor', 1)
/** The same of two processes on the one core: what of two threads is the kernel's. */
export const floorOfTwo: Peer = createFloor('floor (2 processes)', 2)

function createFloor(name: string, processes: number): Peer {
  return createProgramPeer({
    name,
    kind: 'floor',
    fixedAddress: ADDRESS,
    // Its version is that of its compiler.
    find: () =>
      findProgram(
        ['cc', '--version'],
        /(\d+\.\d+\.\d+)/,
        'there is no C compiler: apt-get install gcc libc6-dev',
      ),
    configure: async ({ folder, dns }) => {
      const program = folder.path('floor')
      const source = join(packageRoot(), 'bench/peers/floor.c')
      const output = await readOutput('cc', ['-O2', '-o', program, source])
      if (output !== '') throw new Error(`the floor does not compile: ${output}`)
      return [program, String(dns.port), ADDRESS, String(processes)]
    },
  })
}

/** What node:dgram alone costs, which an edge without the addon cannot be below: `dgram-echo.ts`. */
export const dgramFloor: Peer = createProgramPeer({
  name: 'floor (dgram)',
  kind: 'floor',
  fixedAddress: ADDRESS,
  find: () => Promise.resolve({ version: process.versions.node }),
  configure: ({ dns }) => {
    const program = join(packageRoot(), 'bench/peers/dgram-echo.ts')
    return [process.execPath, program, String(dns.port), ADDRESS]
  },
})
