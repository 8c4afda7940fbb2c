import { describeListener } from '../listen/listener.contract.ts'
import { openStreamListener } from './stream-fixture.ts'

describeListener('tcp over stream threads', ({ listen, handler, drainMs }) =>
  openStreamListener(handler, { listen, threads: 2, drainMs }),
)
