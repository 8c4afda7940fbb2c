import type { RawMessage } from './form.ts'

/** A record in the form of stream-dns, with other fields than usual where they are given. */
export function streamRecord(
  name: string,
  type: string,
  content: string,
  rest: Readonly<Record<string, unknown>> = {},
): object {
  return {
    Name: name,
    Type: type,
    Content: content,
    Ttl: 300,
    Priority: 0,
    Metadatas: { CreatedAt: 1_600_000_000, Producer: 'test' },
    ...rest,
  }
}

/** A message as it comes from Kafka; a value that is no text is written as JSON. */
export function rawMessage(key: string | null, value: unknown): RawMessage {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return {
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(text),
  }
}
