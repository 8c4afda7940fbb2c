import { describeListener } from '../listen/listener.contract.ts'
import { loadBatchSockets } from '../../shared/native/batch-socket.ts'
import { createLogger } from '../../shared/log.ts'
import { TableWriter } from '../table/writer.ts'
import { DataListener } from './data-listener.ts'

const loaded = loadBatchSockets()
if (!loaded.ok) throw new Error(`the batch sockets are not built (npm ci): ${loaded.reason}`)
const sockets = loaded.api

describeListener(
  'udp over data threads',
  ({ listen, handler, drainMs }) =>
    new DataListener(
      {
        listen,
        threads: 2,
        inFlightMax: 1000,
        drainMs,
        sockets,
        table: new TableWriter({ maxBytes: 4 * 1024 * 1024 }),
        nsid: Buffer.from('sfo'),
        clients: undefined,
        logger: createLogger('silent', {}),
      },
      handler,
    ),
)
