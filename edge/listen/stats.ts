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
