import type { ListenerStats } from './listener.ts'

/** Creates the counters of one listener, all at zero. */
export function createListenerStats(): ListenerStats {
  return {
    received: 0,
    answered: 0,
    dropped: 0,
    sendErrors: 0,
    socketErrors: 0,
    inFlight: 0,
    connections: 0,
    connectionsAccepted: 0,
    connectionsRefused: 0,
    connectionsTimedOut: 0,
    connectionsStalled: 0,
    connectionErrors: 0,
  }
}

/** Adds the counts of a part to a sum. */
export function addListenerStats(sum: ListenerStats, part: Readonly<ListenerStats>): void {
  sum.received += part.received
  sum.answered += part.answered
  sum.dropped += part.dropped
  sum.sendErrors += part.sendErrors
  sum.socketErrors += part.socketErrors
  sum.inFlight += part.inFlight
  sum.connections += part.connections
  sum.connectionsAccepted += part.connectionsAccepted
  sum.connectionsRefused += part.connectionsRefused
  sum.connectionsTimedOut += part.connectionsTimedOut
  sum.connectionsStalled += part.connectionsStalled
  sum.connectionErrors += part.connectionErrors
}
