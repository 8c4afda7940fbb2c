import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** The only address that servers of a bench listen on. */
export const LOOPBACK = '127.0.0.1'

/** Ports that UDP has free and TCP has not are few, but the connections before may have left some. */
const TRIES_MAX = 20

/** A port of loopback that neither UDP nor TCP uses now, for programs that cannot take one themselves. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const port = await freeUdpPort()
    if (await isFreeForTcp(port)) return port
  }
  throw new Error(`${TRIES_MAX} ports that UDP has free on ${LOOPBACK} are taken for TCP`)
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, LOOPBACK)
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}

/** Whether a TCP server can listen there. */
export async function isFreeForTcp(port: number): Promise<boolean> {
  const server = createServer().listen(port, LOOPBACK)
  return new Promise((resolve) => {
    server.once('listening', () => server.close(() => resolve(true)))
    server.once('error', () => resolve(false))
  })
}
