import { messageOf } from '../errors.ts'
import { readCounters } from './batch-memory.ts'
import { answer, batchSockets, openBatchSocket, openClient, textOf } from './client-fixture.ts'

/**
 * A program that answers `a`, `b`, `c`, `d` in one batch, then tries for `e`, at most in 20 turns, and
 * prints what became of it as JSON. To be run with faults-fixture.c loaded before it.
 */
const socket = openBatchSocket(batchSockets())
const client = await openClient()
let error: string | undefined
const received: string[] = []
try {
  await client.send({ port: socket.port }, 'a', 'b', 'c', 'd')
  let n = 0
  for (let turns = 0; turns < 20 && received.length < 5; turns++) {
    n = socket.turn(n, 50)
    for (let i = 0; i < n; i++) {
      received.push(textOf(socket, i))
      answer(socket, i, textOf(socket, i).toUpperCase())
    }
    if (received.length === 4 && n > 0) await client.send({ port: socket.port }, 'e')
  }
  socket.turn(n, 0)
} catch (err) {
  error = messageOf(err)
}
const counters = readCounters(socket.memory)
const answers: string[] = []
while (answers.length < counters.sent) answers.push((await client.receive())[0])
await client.close()
process.stdout.write(
  JSON.stringify({ ...counters, error, received: received.join(''), answers: answers.join('') }),
)
