import { createSocket } from 'node:dgram'
import { decode, encode } from 'dns-packet'
import type { Answer } from 'dns-packet'
import { onTestFinished } from 'vitest'

/** What stands at a name; by `name type`, without a dot at the end. */
export type Records = Readonly<Record<string, readonly Answer[]>>

/** A DNS server on loopback. */
export interface TestNameServer {
  /** `127.0.0.1:port`. */
  readonly address: string
  /** What was asked, `name type`, in order. */
  readonly asked: readonly string[]
  /** From now on it has these records. */
  setRecords(records: Records): void
  /** From now on it says nothing, or answers again. */
  setSilent(isSilent: boolean): void
  close(): void
}

/** Starts a DNS server; what it has not is NXDOMAIN. */
export async function startNameServer(first: Records = {}): Promise<TestNameServer> {
  let records = first
  let isSilent = false
  const asked: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (message, { port, address }) => {
    const { id = 0, questions = [] } = decode(message)
    const [question] = questions
    if (question === undefined || isSilent) return
    const key = `${question.name} ${question.type}`
    asked.push(key)
    const answers = [...(records[key] ?? [])]
    const known = Object.keys(records).some((each) => each.startsWith(`${question.name} `))
    const rcode = known ? 0 : 3
    socket.send(encode({ type: 'response', id, flags: rcode, questions, answers }), port, address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    setRecords: (given) => {
      records = given
    },
    setSilent: (value) => {
      isSilent = value
    },
    close: () => socket.close(),
  }
}

/** Starts a DNS server that ends with the test. */
export async function nameServerOfTest(records: Records = {}): Promise<TestNameServer> {
  const server = await startNameServer(records)
  onTestFinished(() => server.close())
  return server
}

/** Records of SRV at a name. */
export function srvRecords(
  name: string,
  list: readonly {
    readonly target: string
    readonly port: number
    readonly priority?: number
    readonly weight?: number
  }[],
): Records {
  const owner = `_meridian-central._tcp.${name}`
  const answers = list.map(({ target, port, priority = 0, weight = 0 }): Answer => {
    return { type: 'SRV', name: owner, ttl: 0, data: { target, port, priority, weight } }
  })
  return { [`${owner} SRV`]: answers }
}

/** Records of TXT at a name, a text each. */
export function txtRecords(name: string, list: readonly string[]): Records {
  return { [`${name} TXT`]: list.map((data): Answer => ({ type: 'TXT', name, ttl: 0, data })) }
}

/** The address of a host. */
export function addressRecords(name: string, address: string): Records {
  return { [`${name} A`]: [{ type: 'A', name, ttl: 0, data: address }] }
}
