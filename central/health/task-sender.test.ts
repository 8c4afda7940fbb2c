import { expect, it } from 'vitest'
import type { AssignmentMessage, TaskMessage } from './task-sender.ts'
import { TASKS_MAX, TaskSender } from './task-sender.ts'

function task(id: number): TaskMessage {
  const addresses = ['192.0.2.1']
  return { id, app: 'a.example.', cluster: 'sfo', addresses, port: 0, check: '{}', state: 'UP' }
}

function create(): { sender: TaskSender; flush: () => readonly AssignmentMessage[] } {
  const sent: AssignmentMessage[] = []
  const sender = new TaskSender((message) => sent.push(message))
  const flush = (): readonly AssignmentMessage[] => {
    sender.flush(task)
    return sent.splice(0)
  }
  return { sender, flush }
}

it('says first once, with nothing if there is nothing, and is silent after that', () => {
  const { flush } = create()
  expect(flush()).toEqual([{ first: true, put: [], delete: [] }])
  expect(flush()).toEqual([])
})

it('tells what comes and goes in between as it is at the end', () => {
  const { sender, flush } = create()
  flush()
  sender.add({ put: [1, 2], delete: [] })
  sender.add({ put: [3], delete: [1] })
  sender.add({ put: [], delete: [4] })
  sender.add({ put: [4], delete: [] })
  expect(flush()).toEqual([{ first: false, put: [task(2), task(3), task(4)], delete: [1] }])
})

it('keeps every message within its bound', () => {
  const { sender, flush } = create()
  const ids = Array.from({ length: 2 * TASKS_MAX + 1 }, (_, i) => i)
  sender.add({ put: ids, delete: [] })
  expect(flush().map((message) => message.put.length)).toEqual([TASKS_MAX, TASKS_MAX, 1])
  sender.add({ put: [], delete: ids })
  expect(flush().map((message) => message.delete.length)).toEqual([TASKS_MAX, TASKS_MAX, 1])
})
