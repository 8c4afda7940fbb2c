import type { BrokerSecurity } from '../../../deploy/dev/kafka/properties.ts'
import { freeBrokerPorts, KafkaBroker } from '../../../deploy/dev/kafka/broker.ts'
import { requireTool } from '../tools.ts'

/** The first start downloads Kafka. */
export const BROKER_START_MS = 600_000

/** Starts a broker on free ports of loopback with its data in a folder. */
export async function startBroker(folder: string, security?: BrokerSecurity): Promise<KafkaBroker> {
  requireTool('java', 'default-jre-headless')
  requireTool('mvn', 'maven')
  const ports = await freeBrokerPorts()
  const broker = new KafkaBroker({
    folder,
    ports,
    ...(security === undefined ? {} : { security }),
  })
  await broker.start()
  return broker
}
