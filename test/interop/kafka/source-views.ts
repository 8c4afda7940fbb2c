import type { CentralUnderTest } from '../../support/mesh.ts'
import { isRecord, until } from '../../support/program.ts'
import type { TestMessage } from './producer.ts'
import { streamMessage } from './producer.ts'

/* What a central that follows a topic tells of it. */

export async function itemsOf(
  central: CentralUnderTest,
  path: string,
): Promise<readonly unknown[]> {
  return listIn(await (await central.call('GET', path)).json(), 'items')
}

function listIn(value: unknown, field: string): readonly unknown[] {
  const list: unknown = isRecord(value) ? value[field] : undefined
  return Array.isArray(list) ? Array.from<unknown>(list) : []
}

/** The rrsets of the zone: name, type and rdata. */
export async function rrsetsOf(central: CentralUnderTest): Promise<readonly string[]> {
  const items = await itemsOf(central, '/v1/zones/example./rrsets?limit=1000')
  return items.map((item) =>
    isRecord(item)
      ? `${String(item['name'])} ${String(item['type'])} ${String(item['rdata'])}`
      : '',
  )
}

export async function rrsetsBecome(
  central: CentralUnderTest,
  wanted: readonly string[],
): Promise<void> {
  let last: readonly string[] = []
  await until('the records', async () => {
    last = await rrsetsOf(central)
    return JSON.stringify(last) === JSON.stringify(wanted) ? true : undefined
  }).catch((err: unknown) => {
    throw new Error(`${String(err)}; they are ${JSON.stringify(last)}`)
  })
}

export async function sourceOf(central: CentralUnderTest): Promise<Record<string, unknown>> {
  const [item] = await itemsOf(central, '/v1/sources')
  return isRecord(item) ? item : {}
}

/** Waits until all messages were read; returns what became of them. */
export async function caughtUp(
  central: CentralUnderTest,
  end: number,
  partition = 0,
): Promise<unknown> {
  const messages = await until(
    'all messages to be read',
    async () => {
      const source = await sourceOf(central)
      const partitions: unknown = source['partitions']
      const at: unknown = Array.isArray(partitions) ? partitions[partition] : undefined
      return isRecord(at) && Number(at['position']) >= end ? source['messages'] : undefined
    },
    40_000,
  )
  return messages
}

export async function metric(central: CentralUnderTest, sample: string): Promise<number> {
  const page = await (await central.call('GET', '/metrics')).text()
  const line = page.split('\n').find((one) => one.startsWith(`${sample} `))
  return Number(line?.slice(sample.length))
}

/** Messages of which each has an address of its own. */
export function manyMessages(from: number, count: number): readonly TestMessage[] {
  return Array.from({ length: count }, (_, i) => {
    const n = from + i
    return streamMessage(`h${n}.example.`, 'A', `198.51.${(n >> 8) & 255}.${n & 255}`)
  })
}

/** How many events of each kind the log has, and the highest number of puts of one name. */
export async function eventsIn(
  central: CentralUnderTest,
): Promise<{ puts: number; twice: number }> {
  const puts = new Map<string, number>()
  let after: string | undefined = '0'
  while (after !== undefined) {
    const query: string = `/v1/events?actor=source:dns&limit=1000&after=${after}`
    const page: unknown = await (await central.call('GET', query)).json()
    for (const change of listIn(page, 'items')) {
      for (const event of listIn(change, 'events')) {
        if (!isRecord(event) || event['type'] !== 'rrset-put' || !isRecord(event['rrset'])) continue
        const name = String(event['rrset']['name'])
        puts.set(name, (puts.get(name) ?? 0) + 1)
      }
    }
    const next: unknown = isRecord(page) ? page['next'] : undefined
    after = typeof next === 'string' ? next : undefined
  }
  return { puts: puts.size, twice: [...puts.values()].filter((count) => count > 1).length }
}
