import { Backoff } from '../../edge/replica/backoff.ts'
import type { CheckSession } from '../../central/health/keeper.ts'
import type { CheckAssignment } from '../../shared/rpc/generated/meridian/v1/CheckAssignment.ts'
import type { Finding__Output } from '../../shared/rpc/generated/meridian/v1/Finding.ts'
import type { WatchResponse } from '../../shared/rpc/generated/meridian/v1/WatchResponse.ts'
import type { SimCentral, SimHello, SimSession } from './sim-central.ts'
import type { SimTime } from './sim-time.ts'

/** The longest way of a message between an edge and central. */
export const DELAY_MAX_MS = 100
/** When each side has found out that the other is silent: a ping every 10 s, 5 s for its answer (channel.ts). */
export const KEEPALIVE_MAX_MS = 15_000
const KEEPALIVE_MIN_MS = 5_000
/** As in edge/health/reporter.ts. */
const HEARTBEAT_MS = 4_000
/** As in edge/replica/sync.ts. */
const WELCOME_TIMEOUT_MS = 5_000

/** What stands at the edge's end. */
export interface LinkEnd {
  readonly hello: () => SimHello
  readonly onSession: (session: SimSession) => void
  /** `from`: the version that was told before. */
  readonly onWatch: (message: WatchResponse, from: number) => void
  readonly onTasks: (message: CheckAssignment) => void
  /** There is no session any more; may be called again. */
  readonly onLost: () => void
}

export interface SimLinkOptions {
  readonly time: SimTime
  readonly central: SimCentral
  readonly random: () => number
  readonly end: LinkEnd
}

/** One connection; either side can be over before the other knows. */
interface Connection {
  isEdgeOpen: boolean
  isCentralOpen: boolean
  session: SimSession | undefined
  checks: CheckSession | undefined
}

/** The way between an edge and central: messages take their time, in order, and a cut holds them back. */
export class SimLink {
  readonly #options: SimLinkOptions
  readonly #delayMs: number
  readonly #backoff: Backoff
  /** What the network holds back while the link is cut. */
  readonly #held: (() => void)[] = []
  #connection: Connection | undefined
  #isCut = false
  #isOver = false

  constructor(options: SimLinkOptions) {
    this.#options = options
    this.#delayMs = 5 + options.random() * (DELAY_MAX_MS - 5)
    this.#backoff = new Backoff(options.random)
  }

  open(): void {
    const { time, central, end } = this.#options
    if (this.#isOver) return
    const made: Connection = {
      isEdgeOpen: true,
      isCentralOpen: true,
      session: undefined,
      checks: undefined,
    }
    this.#connection = made
    time.setTimer(() => {
      if (made.session === undefined) this.#lose(made)
    }, WELCOME_TIMEOUT_MS)
    const hello = end.hello()
    this.#toCentral(made, () => {
      // Whoever called has given up.
      if (!made.isEdgeOpen) return
      if (!central.isUp) {
        this.#closeAtCentral(made)
        return
      }
      let told = 0
      const session = central.connect(
        hello,
        (message) => {
          const from = told
          told = message.change?.version === undefined ? told : Number(message.change.version)
          if (message.part?.last === true) told = Number(message.part.change?.version)
          this.#toEdge(made, () => end.onWatch(message, from))
        },
        () => this.#closeAtCentral(made),
      )
      if (!session.fullState) told = hello.fromVersion
      made.session = session
      this.#toEdge(made, () => {
        this.#backoff.reset()
        end.onSession(session)
        this.#check(made, session)
      })
      session.begin()
    })
  }

  /** Whatever is on its way, and will be, waits. */
  cut(): void {
    const { time, random } = this.#options
    this.#isCut = true
    const made = this.#connection
    if (made === undefined) return
    const silence = (): number =>
      KEEPALIVE_MIN_MS + random() * (KEEPALIVE_MAX_MS - KEEPALIVE_MIN_MS)
    time.setTimer(() => this.#isCut && this.#lose(made), silence())
    time.setTimer(() => this.#isCut && this.#closeAtCentral(made), silence())
  }

  mend(): void {
    this.#isCut = false
    for (const deliver of this.#held.splice(0)) {
      this.#options.time.setTimer(deliver, this.#delayMs)
    }
  }

  /** The edge is gone for good, without a word. */
  abandon(): void {
    this.cut()
    this.#isOver = true
  }

  report(findings: readonly Finding__Output[]): void {
    const made = this.#connection
    if (made?.isEdgeOpen === true) this.#toCentral(made, () => void made.checks?.report(findings))
  }

  acked(version: number): void {
    const made = this.#connection
    if (made?.isEdgeOpen === true) this.#toCentral(made, () => made.session?.acked(version))
  }

  /** The stream of health checks, as edge/health/reporter.ts has it. */
  #check(made: Connection, session: SimSession): void {
    const { time, end } = this.#options
    this.#toCentral(made, () => {
      made.checks = session.check((message) => this.#toEdge(made, () => end.onTasks(message)))
    })
    const beat = (): void => {
      if (!made.isEdgeOpen) return
      this.#toCentral(made, () => made.checks?.heard())
      time.setTimer(beat, HEARTBEAT_MS)
    }
    time.setTimer(beat, HEARTBEAT_MS)
  }

  #toCentral(made: Connection, run: () => void): void {
    this.#send(() => {
      if (made.isCentralOpen) run()
    })
  }

  #toEdge(made: Connection, run: () => void): void {
    this.#send(() => {
      if (made.isEdgeOpen) run()
    })
  }

  #send(run: () => void): void {
    const deliver = (): void => {
      if (this.#isCut) this.#held.push(deliver)
      else run()
    }
    this.#options.time.setTimer(deliver, this.#delayMs)
  }

  /** The edge's side is over. */
  #lose(made: Connection): void {
    if (!made.isEdgeOpen) return
    made.isEdgeOpen = false
    this.#toCentral(made, () => this.#closeAtCentral(made))
    if (this.#connection !== made) return
    const { time, end } = this.#options
    this.#connection = undefined
    end.onLost()
    time.setTimer(() => this.open(), this.#backoff.nextMs())
  }

  /** Central's side is over. */
  #closeAtCentral(made: Connection): void {
    if (!made.isCentralOpen) return
    made.isCentralOpen = false
    made.session?.close()
    this.#toEdge(made, () => this.#lose(made))
  }
}
