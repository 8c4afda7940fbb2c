import type { BaseOptions } from '@platformatic/kafka'
import { readPem } from '../../../shared/tls.ts'
import type { KafkaConnection } from './options.ts'

/** How long what is known of the cluster holds, so that a new leader is found. */
const METADATA_AGE_MS = 2_000
/** How long it may take until a broker takes the connection. */
const CONNECT_TIMEOUT_MS = 3_000

/**
 * How a client of the library speaks to the brokers: each request is made once, whoever asks decides what to
 * do when it fails. `key` is where the options stand in the config. Throws MERIDIAN_CONFIG_UNREADABLE when a
 * PEM file is not there.
 */
export function connectionOf(
  { brokers, clientId, requestTimeoutMs, tls, sasl }: KafkaConnection,
  key: string,
): BaseOptions {
  return {
    clientId,
    bootstrapBrokers: [...brokers],
    retries: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    timeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
    metadataMaxAge: METADATA_AGE_MS,
    ...(tls === undefined
      ? {}
      : {
          tls: {
            ...(tls.ca === undefined ? {} : { ca: readPem(`${key}.tls.ca`, tls.ca) }),
            ...(tls.cert === undefined || tls.key === undefined
              ? {}
              : {
                  cert: readPem(`${key}.tls.cert`, tls.cert),
                  key: readPem(`${key}.tls.key`, tls.key),
                }),
            ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
          },
        }),
    ...(sasl === undefined ? {} : { sasl }),
  }
}
