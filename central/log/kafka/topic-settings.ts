/** Least `max.message.bytes` of the topic: what Kafka has by default, and what parts of an append are cut for. */
const MESSAGE_BYTES_WANTED = 1_048_588

/** What a topic is for: the log, of which nothing may be lost, or notes of the moment. */
export type TopicUse = 'log' | 'notes'

/** How long a topic of notes keeps them: nobody reads what is older than a moment. */
const NOTES_KEPT_MS = 600_000

/** Settings that keep every record for ever, and how they are told of. */
const KEPT_FOR_EVER: ReadonlyMap<string, string> = new Map([
  ['cleanup.policy', 'delete'],
  ['retention.ms', '-1'],
  ['retention.bytes', '-1'],
])

/** Returns the settings that a topic is made with. */
export function wantedConfigs(
  use: TopicUse,
  replicationFactor: number,
): { name: string; value: string }[] {
  if (use === 'notes') {
    return [
      { name: 'cleanup.policy', value: 'delete' },
      { name: 'retention.ms', value: String(NOTES_KEPT_MS) },
      { name: 'segment.ms', value: String(NOTES_KEPT_MS) },
    ]
  }
  return [
    ...Array.from(KEPT_FOR_EVER, ([name, value]) => ({ name, value })),
    // What is acknowledged is on two brokers at least, where there are more than two.
    { name: 'min.insync.replicas', value: replicationFactor > 2 ? '2' : '1' },
    { name: 'unclean.leader.election.enable', value: 'false' },
  ]
}

/** Says what is wrong with a topic and what is wanted; undefined when it is fit for its use. */
export function wrongSettings(
  use: TopicUse,
  partitions: number,
  configs: ReadonlyMap<string, string>,
): string | undefined {
  const wrong: string[] = []
  if (partitions !== 1) wrong.push(`it has ${partitions} partitions, 1 is wanted`)
  for (const [name, wanted] of use === 'log' ? KEPT_FOR_EVER : []) {
    const found = configs.get(name)
    if (found !== wanted) wrong.push(`its ${name} is ${found ?? 'not told'}, ${wanted} is wanted`)
  }
  const bytes = Number(configs.get('max.message.bytes'))
  if (!(bytes >= MESSAGE_BYTES_WANTED)) {
    wrong.push(`its max.message.bytes is ${bytes}, at least ${MESSAGE_BYTES_WANTED} is wanted`)
  }
  return wrong.length === 0 ? undefined : wrong.join('; ')
}
