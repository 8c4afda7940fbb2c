import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, it } from 'vitest'
import { LOOPBACK, freePort, isFreeForTcp } from './free-port.ts'

it('sockets can be bound to the port', async () => {
  const port = await freePort()
  const udp = createSocket('udp4').bind(port, LOOPBACK)
  await once(udp, 'listening')
  const tcp = createServer().listen(port, LOOPBACK)
  await once(tcp, 'listening')
  expect(udp.address().port).toBe(port)
  expect(await isFreeForTcp(port)).toBe(false)
  udp.close()
  tcp.close()
})
