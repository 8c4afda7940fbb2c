import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { packageRoot } from '../../shared/package-root.ts'

/** The mesh that `meridian dev` runs; the ports are an interface that people script against. */
export const devMesh = {
  grpc: '127.0.0.1:7053',
  http: '127.0.0.1:8053',
  edges: [
    { id: 'sfo', dns: '127.0.0.1:5301', admin: '127.0.0.1:9301' },
    { id: 'ewr', dns: '127.0.0.1:5302', admin: '127.0.0.1:9302' },
    { id: 'lhr', dns: '127.0.0.1:5303', admin: '127.0.0.1:9303' },
  ],
} as const

export interface DevFiles {
  readonly dir: string
  readonly token: string
  readonly centralConfig: string
  readonly edgeConfig: (id: string) => string
  readonly logFile: (program: string) => string
}

/** Topology and manifest that a new mesh begins with. */
export function devTopologyFile(): string {
  return join(packageRoot(), 'deploy/topology/pops.json')
}

export function devManifestFile(): string {
  return join(packageRoot(), 'deploy/samples/apps.yaml')
}

/** Writes the configs of all programs; the token is made once and kept. */
export function writeDevFiles(dir: string): DevFiles {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const tokenFile = join(dir, 'token')
  if (!existsSync(tokenFile)) {
    writeFileSync(tokenFile, `${randomBytes(24).toString('hex')}\n`, { mode: 0o600 })
  }
  const centralConfig = join(dir, 'central.yaml')
  writeFileSync(
    centralConfig,
    stringify({
      dataDir: join(dir, 'central'),
      grpc: { listen: devMesh.grpc },
      http: { listen: devMesh.http, tokens: [{ name: 'dev', token: `\${file:${tokenFile}}` }] },
    }),
  )
  const edgeConfig = (id: string): string => join(dir, `edge-${id}.yaml`)
  for (const { id, dns, admin } of devMesh.edges) {
    writeFileSync(
      edgeConfig(id),
      stringify({
        id,
        cluster: id,
        topology: devTopologyFile(),
        dataDir: join(dir, `edge-${id}`),
        listen: { addresses: [dns] },
        central: { addresses: [devMesh.grpc] },
        admin: { listen: admin },
      }),
    )
  }
  return {
    dir,
    token: readFileSync(tokenFile, 'utf8').trim(),
    centralConfig,
    edgeConfig,
    logFile: (program) => join(dir, `${program}.log`),
  }
}
