import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Closes connections after their answer while there are more than `keptMax`, so that clients which keep
 * one each, as agents do, leave room for others: those reconnect, which is dearer, but none is refused.
 */
export function boundKeptConnections(server: Server, keptMax: number): void {
  let connections = 0
  server.on('connection', (socket: Socket) => {
    connections++
    socket.once('close', () => connections--)
  })
  server.prependListener('request', (_request, response) => {
    // RFC 9112 §9.6: a server that will close the connection says so in its answer.
    if (connections > keptMax) response.shouldKeepAlive = false
  })
}
