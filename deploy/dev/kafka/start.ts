import { parseArgs } from 'node:util'
import { KafkaBroker } from './broker.ts'

/*
 * `npm run kafka`: one Kafka broker for development, until Ctrl-C.
 *
 *   npm run kafka -- [--port 9092] [--controller-port 9093] [--dir .meridian/kafka]
 */

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '9092' },
    'controller-port': { type: 'string', default: '9093' },
    dir: { type: 'string', default: '.meridian/kafka' },
  },
})

const broker = new KafkaBroker({
  folder: values.dir,
  ports: { plain: portOf('port'), controller: portOf('controller-port'), secured: 0 },
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void broker.end().then(() => process.exit(0)))
}
await broker.start()
process.stdout.write(`Kafka takes connections at ${broker.address}, data in ${values.dir}\n`)

function portOf(option: 'port' | 'controller-port'): number {
  const port = Number(values[option])
  if (!Number.isInteger(port) || port < 1 || port > 65_535) refuse(option)
  return port
}

function refuse(option: 'port' | 'controller-port'): never {
  process.stderr.write(`--${option}: ${values[option]} is not a port, 1 to 65535 is wanted\n`)
  process.exit(2)
}
