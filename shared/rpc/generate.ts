/** Writes the TypeScript types of `proto/` to `shared/rpc/generated/`. Run by `npm run proto`. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { packageRoot } from '../package-root.ts'
import { loaderOptions, protoFiles } from './proto.ts'

const { defaults, enums, longs, oneofs, arrays } = loaderOptions
const outDir = process.argv[2] ?? join(packageRoot(), 'shared/rpc/generated')
const result = spawnSync(
  join(packageRoot(), 'node_modules/.bin/proto-loader-gen-types'),
  [
    `--longs=${longs.name}`,
    `--enums=${enums.name}`,
    ...(defaults ? ['--defaults'] : []),
    ...(arrays ? ['--arrays'] : []),
    ...(oneofs ? ['--oneofs'] : []),
    '--grpcLib=@grpc/grpc-js',
    '--importFileExtension=.ts',
    '--includeDirs',
    'proto',
    `--outDir=${outDir}`,
    ...protoFiles,
  ],
  { stdio: 'inherit', cwd: packageRoot() },
)
process.exitCode = result.status ?? 1
