/**
 * The floor of an edge over node:dgram: one socket, a fixed record behind each question (and an OPT, where
 * one was sent), as floor.c does it; nothing else. Usage: dgram-echo.ts PORT ADDRESS
 */
import { createSocket } from 'node:dgram'

const RECORD = Buffer.from('c00c0001000100000e100004', 'hex')
const OPT = Buffer.from('00002904d0000000000000', 'hex')

const [, , port, address = ''] = process.argv
const record = Buffer.concat([RECORD, Buffer.from(address.split('.').map(Number))])

const socket = createSocket({
  type: 'udp4',
  // It is an address already.
  lookup: (name, _options, callback) => callback(null, name, 4),
})
socket.on('message', (wire, from) => {
  const hasOpt = wire[11] === 1
  // A question ends in its type and class; an OPT without options has 11 octets.
  const questionEnd = hasOpt ? wire.length - OPT.length : wire.length
  const answer = Buffer.concat([wire.subarray(0, questionEnd), record, ...(hasOpt ? [OPT] : [])])
  answer[2] = 0x84 | ((wire[2] ?? 0) & 1)
  answer[3] = 0
  answer[7] = 1
  socket.send(answer, from.port, from.address)
})
socket.bind(Number(port), '127.0.0.1')
