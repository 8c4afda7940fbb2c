import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import type { KafkaBroker } from '../../../deploy/dev/kafka/broker.ts'
import { CentralUnderTest, TestFolder, token } from '../../support/mesh.ts'
import { isRecord, until } from '../../support/program.ts'
import { startBroker } from './broker.ts'

/** A central on Kafka, with a folder of its own. */
export interface KafkaCentral {
  readonly central: CentralUnderTest
  readonly folder: TestFolder
}

/** What a central says of its log and its state; equal on all that have read as far. */
export interface Position {
  readonly version: number
  readonly logId: string
  readonly hash: string
  readonly stateHash: string
}

/** A broker and centrals that share its topic. */
export class KafkaMesh {
  readonly folder = new TestFolder()
  readonly centrals: KafkaCentral[] = []
  #broker: KafkaBroker | undefined

  get broker(): KafkaBroker {
    if (this.#broker === undefined) throw new Error('the broker was not started')
    return this.#broker
  }

  async startBroker(): Promise<void> {
    this.#broker = await startBroker(join(this.folder.path, 'broker'))
  }

  /** Adds a central, not started yet. */
  add(topic: string, kafka: object = {}): CentralUnderTest {
    const folder = new TestFolder()
    const central = new CentralUnderTest(folder, {
      eventLog: { driver: 'kafka', kafka: { brokers: [this.broker.address], topic, ...kafka } },
    })
    this.centrals.push({ central, folder })
    return central
  }

  async startCentrals(
    topic: string,
    count: number,
    kafka: object = {},
  ): Promise<readonly CentralUnderTest[]> {
    const added = Array.from({ length: count }, () => this.add(topic, kafka))
    await Promise.all(added.map((central) => central.start()))
    return added
  }

  /** Ends and forgets the centrals. */
  async endCentrals(): Promise<void> {
    for (const { central, folder } of this.centrals.splice(0)) {
      await central.end('SIGKILL')
      folder.remove()
    }
  }

  async end(): Promise<void> {
    await this.endCentrals()
    await this.#broker?.end('SIGKILL')
    this.folder.remove()
  }

  /** Where a central keeps its data. */
  dataDir(central: CentralUnderTest): string {
    const folder = this.centrals.find((one) => one.central === central)?.folder
    return join(folder?.path ?? '', 'central')
  }

  /** What a central has stored of the topic: the payloads, in order. Only when it has ended. */
  payloads(central: CentralUnderTest): readonly string[] {
    const db = new DatabaseSync(join(this.dataDir(central), 'events-kafka.sqlite'))
    try {
      const rows = db.prepare('SELECT payload FROM changes ORDER BY version').all()
      return rows.map((row) => String(row['payload']))
    } finally {
      db.close()
    }
  }
}

/** Asks a central where it is. */
export async function positionOf(central: CentralUnderTest): Promise<Position> {
  const status: unknown = await (await central.call('GET', '/v1/status?hash=true')).json()
  if (!isRecord(status)) throw new Error('the status is no object')
  return {
    version: Number(status['version']),
    logId: String(status['logId']),
    hash: String(status['hash']),
    stateHash: String(status['stateHash']),
  }
}

/** Waits until all centrals are at one place; returns it. Nobody may write meanwhile. */
export async function agreement(
  centrals: readonly CentralUnderTest[],
  deadlineMs?: number,
): Promise<Position> {
  let last = ''
  return until(
    'the centrals to agree',
    async () => {
      const positions = await Promise.all(centrals.map(positionOf))
      last = JSON.stringify(positions)
      const [first] = positions
      const isOne = positions.every((one) => JSON.stringify(one) === JSON.stringify(first))
      return isOne ? first : undefined
    },
    deadlineMs,
  ).catch((err: unknown) => {
    throw new Error(`${String(err)}; they are ${last}`)
  })
}

/** A write, with what came of it: undefined when there was no answer. */
export async function put(
  central: CentralUnderTest,
  path: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response | undefined> {
  return fetch(`${central.url}${path}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  }).catch(() => undefined)
}
