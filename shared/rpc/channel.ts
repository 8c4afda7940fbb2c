import type { ChannelOptions } from '@grpc/grpc-js'

/** The largest message that either side takes: a merged Change of 50,000 apps is about 10 MiB. */
const MESSAGE_MAX_BYTES = 64 * 1024 * 1024

/** Options of every channel and server of the mesh: bounds, and probes that find a dead peer. */
export const channelOptions: ChannelOptions = {
  'grpc.max_receive_message_length': MESSAGE_MAX_BYTES,
  'grpc.max_send_message_length': MESSAGE_MAX_BYTES,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
}
