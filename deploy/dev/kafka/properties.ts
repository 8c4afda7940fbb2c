import { join } from 'node:path'

/** What a broker needs to know. */
export interface BrokerOptions {
  /** Of its data and its config. */
  readonly folder: string
  /** All of 127.0.0.1: without TLS and SASL, of the controller, with TLS and SASL. */
  readonly ports: { readonly plain: number; readonly controller: number; readonly secured: number }
  /** Who may use the secured port; without it there is none. */
  readonly security?: BrokerSecurity
}

/** TLS and SASL of the secured port. Passwords stand in the broker's config file: for trials only. */
export interface BrokerSecurity {
  /** PEM text, the key in PKCS #8. */
  readonly certificate: string
  readonly key: string
  /** Password by name, of SASL PLAIN. */
  readonly plainUsers: Readonly<Record<string, string>>
  /** Password by name, of SASL SCRAM; taken when the folder is formatted. */
  readonly scramUsers: Readonly<Record<string, string>>
}

/** Returns the `server.properties` of a single node that is broker and controller in one (KRaft). */
export function serverProperties({ folder, ports, security }: BrokerOptions): string {
  const host = '127.0.0.1'
  const listeners = [`PLAIN://${host}:${ports.plain}`]
  if (security !== undefined) listeners.push(`SECURED://${host}:${ports.secured}`)
  return [
    ['process.roles', 'broker,controller'],
    ['node.id', '1'],
    ['controller.quorum.voters', `1@${host}:${ports.controller}`],
    ['listeners', [...listeners, `CONTROLLER://${host}:${ports.controller}`].join()],
    ['advertised.listeners', listeners.join()],
    ['listener.security.protocol.map', 'PLAIN:PLAINTEXT,SECURED:SASL_SSL,CONTROLLER:PLAINTEXT'],
    ['inter.broker.listener.name', 'PLAIN'],
    ['controller.listener.names', 'CONTROLLER'],
    ['log.dirs', join(folder, 'data')],
    ['auto.create.topics.enable', 'false'],
    ['default.replication.factor', '1'],
    ['offsets.topic.replication.factor', '1'],
    ['offsets.topic.num.partitions', '1'],
    ['transaction.state.log.replication.factor', '1'],
    ['transaction.state.log.min.isr', '1'],
    ...(security === undefined ? [] : securedLines(security)),
  ]
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}

function securedLines(security: BrokerSecurity): [string, string][] {
  const users = Object.entries(security.plainUsers).map(
    ([name, password]) => `user_${name}="${password}"`,
  )
  const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule'
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule'
  const ofListener = 'listener.name.secured'
  return [
    ['sasl.enabled.mechanisms', 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512'],
    [`${ofListener}.plain.sasl.jaas.config`, `${plain} required ${users.join(' ')};`],
    [`${ofListener}.scram-sha-256.sasl.jaas.config`, `${scram} required;`],
    [`${ofListener}.scram-sha-512.sasl.jaas.config`, `${scram} required;`],
    [`${ofListener}.ssl.keystore.type`, 'PEM'],
    [`${ofListener}.ssl.keystore.certificate.chain`, oneLine(security.certificate)],
    [`${ofListener}.ssl.keystore.key`, oneLine(security.key)],
  ]
}

/** A value of a properties file that has several lines. */
function oneLine(pem: string): string {
  return pem.trim().replaceAll('\n', '\\n')
}
