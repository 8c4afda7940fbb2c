import { join } from 'node:path'
import { loadPackageDefinition } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { packageRoot } from '../package-root.ts'
import type { ProtoGrpcType as DnsProto } from './generated/dns.ts'
import type { ProtoGrpcType as HealthProto } from './generated/health.ts'
import type { ProtoGrpcType as ResolveProto } from './generated/resolve.ts'
import type { ProtoGrpcType as SyncProto } from './generated/sync.ts'

/** The files under `proto/` that define services; the types are generated from the same list. */
export const protoFiles = [
  'coredns/dns.proto',
  'meridian/v1/health.proto',
  'meridian/v1/resolve.proto',
  'meridian/v1/sync.proto',
] as const

/** How messages look in TypeScript: numbers for 64 bits (versions stay below 2^53), enums as text. */
export const loaderOptions = {
  longs: Number,
  enums: String,
  defaults: true,
  arrays: true,
  oneofs: true,
} as const

/** The version of the Watch protocol that this software speaks. */
export const PROTOCOL_VERSION = 1

function protoRoot(): string {
  return join(packageRoot(), 'proto')
}

type Proto = DnsProto & HealthProto & ResolveProto & SyncProto

let loaded: Proto | undefined

/** Returns the service definitions and client classes of all of `proto/`, loaded once. */
export function loadProto(): Proto {
  loaded ??= loadPackageDefinition(
    loadSync([...protoFiles], { ...loaderOptions, includeDirs: [protoRoot()] }),
  ) as unknown as Proto
  return loaded
}
