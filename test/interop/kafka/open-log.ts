import { join } from 'node:path'
import { systemClock } from '../../../shared/clock.ts'
import { createLogger } from '../../../shared/log.ts'
import type { Logger } from '../../../shared/log.ts'
import { openKafkaLog } from '../../../central/log/kafka/kafka-log.ts'
import type { KafkaLog } from '../../../central/log/kafka/kafka-log.ts'
import { kafkaOptionsSchema } from '../../../central/log/kafka/options.ts'
import type { KafkaBroker } from '../../../deploy/dev/kafka/broker.ts'

/** Opens the log of a topic as the central of that name; its copy is in the folder, named for both. */
export function openTopic(
  broker: KafkaBroker,
  folder: string,
  topic: string,
  central: string,
  options: object = {},
  copy = `${topic}-${central}`,
  logger: Logger = createLogger('silent', {}),
): Promise<KafkaLog> {
  return openKafkaLog({
    kafka: kafkaOptionsSchema.parse({ brokers: [broker.address], topic, ...options }),
    dataDir: join(folder, copy),
    clock: systemClock,
    logger,
    random: () => 0.5,
  })
}
