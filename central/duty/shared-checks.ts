import type { Finding__Output } from '../../shared/rpc/generated/meridian/v1/Finding.ts'
import type { CheckSession, HealthKeeper } from '../health/keeper.ts'
import type { Vantage } from '../health/plan.ts'
import type { AssignmentMessage } from '../health/task-sender.ts'
import type { Bulletin } from './bulletin.ts'
import type { Note } from './notes.ts'
import { NOTE_ITEMS_MAX } from './notes.ts'

/** Sessions of other centrals that are held; more are not heard. */
const REMOTE_SESSIONS_MAX = 100_000
/** Endpoints of which the findings of one edge of another central are held. */
const FOUND_MAX = 100_000

type Keeper = Pick<HealthKeeper, 'connect'>
type NamedFinding = (Note & { readonly kind: 'findings' })['findings'][number]

/**
 * Has the keepers of all centrals hear what the edges of each find. All know all edges, so all come to the
 * same plan of who checks what, each edge is told its part by the central that it is connected to, and all
 * come to the same verdicts; only the one with the duty writes them. Centrals number endpoints each in
 * their own way, so findings go between them by name.
 */
export class SharedChecks {
  readonly #keeper: Keeper
  readonly #bulletin: Bulletin
  /** By session, of this central. */
  readonly #own = new Map<string, OwnSession>()
  /** By central and session. */
  readonly #remote = new Map<string, RemoteSession>()

  constructor(keeper: Keeper, bulletin: Bulletin) {
    this.#keeper = keeper
    this.#bulletin = bulletin
    bulletin.onReached(() => this.#tellAll())
    bulletin.onNote((from, note) => {
      if (from !== bulletin.id) this.#hear(from, note)
    })
  }

  /** As `HealthKeeper.connect`, for an edge that is connected to this central. */
  connect(vantage: Vantage, send: (message: AssignmentMessage) => void): CheckSession {
    const own = new OwnSession(this.#keeper, this.#bulletin, vantage, send)
    this.#own.set(vantage.session, own)
    own.tell()
    return {
      report: (findings) => own.report(findings),
      heard: () => own.heard(),
      close: () => {
        own.close()
        if (this.#own.get(vantage.session) === own) this.#own.delete(vantage.session)
      },
    }
  }

  /** Says of which edges something has come since the last time; of other centrals only those that live stay. */
  tick(centrals: ReadonlySet<string>): void {
    const sessions = [...this.#own].flatMap(([session, own]) => (own.takeHeard() ? [session] : []))
    for (let i = 0; i < sessions.length; i += NOTE_ITEMS_MAX) {
      this.#bulletin.post({ kind: 'heard', sessions: sessions.slice(i, i + NOTE_ITEMS_MAX) })
    }
    for (const [key, { from }] of this.#remote) if (!centrals.has(from)) this.#drop(key)
  }

  #tellAll(): void {
    for (const own of this.#own.values()) own.tell()
  }

  #hear(from: string, note: Note): void {
    if (note.kind === 'joined') this.#tellAll()
    else if (note.kind === 'heard') {
      for (const session of note.sessions) this.#remote.get(`${from} ${session}`)?.heard()
    } else if (note.kind === 'vantage') this.#connect(from, note)
    else if (note.kind === 'gone') this.#drop(`${from} ${note.session}`)
    else if (note.kind === 'findings') {
      this.#remote.get(`${from} ${note.session}`)?.report(note.findings)
    } else if (note.kind === 'left') {
      for (const [key, remote] of this.#remote) if (remote.from === from) this.#drop(key)
    }
  }

  #connect(from: string, { session, edge, cluster }: Note & { readonly kind: 'vantage' }): void {
    const key = `${from} ${session}`
    // Told once more for the sake of another central.
    if (this.#remote.has(key) || this.#remote.size >= REMOTE_SESSIONS_MAX) return
    const vantage = { session: key, edge, cluster }
    this.#remote.set(key, new RemoteSession(from, this.#keeper, vantage))
  }

  #drop(key: string): void {
    this.#remote.get(key)?.close()
    this.#remote.delete(key)
  }
}

/** An edge of this central. */
class OwnSession {
  readonly #bulletin: Bulletin
  readonly #vantage: Vantage
  readonly #session: CheckSession
  /** What its tasks are about, by number. */
  readonly #tasks = new Map<number, { readonly app: string; readonly cluster: string }>()
  /** The last finding of each task. */
  readonly #found = new Map<number, NamedFinding>()
  #isHeard = true

  constructor(
    keeper: Keeper,
    bulletin: Bulletin,
    vantage: Vantage,
    send: (message: AssignmentMessage) => void,
  ) {
    this.#bulletin = bulletin
    this.#vantage = vantage
    this.#session = keeper.connect(vantage, (message) => {
      this.#note(message)
      send(message)
    })
  }

  report(findings: readonly Finding__Output[]): string | undefined {
    const wrong = this.#session.report(findings)
    if (wrong !== undefined) return wrong
    const named = findings.flatMap(({ task, state, detail }) => {
      const endpoint = this.#tasks.get(task)
      if (endpoint === undefined) return []
      const finding = { ...endpoint, state, detail: detail.slice(0, DETAIL_TOLD_CHARACTERS) }
      this.#found.set(task, finding)
      return [finding]
    })
    this.#post(named)
    return undefined
  }

  heard(): void {
    this.#isHeard = true
    this.#session.heard()
  }

  takeHeard(): boolean {
    const isHeard = this.#isHeard
    this.#isHeard = false
    return isHeard
  }

  /** Tells all of it: who it is, and what it has found. */
  tell(): void {
    this.#bulletin.post({ kind: 'vantage', ...this.#vantage })
    this.#post([...this.#found.values()])
  }

  close(): void {
    this.#session.close()
    this.#bulletin.post({ kind: 'gone', session: this.#vantage.session })
  }

  #note(message: AssignmentMessage): void {
    if (message.first) {
      this.#tasks.clear()
      this.#found.clear()
    }
    for (const id of message.delete) {
      this.#tasks.delete(id)
      this.#found.delete(id)
    }
    for (const { id, app, cluster } of message.put) {
      this.#tasks.set(id, { app, cluster })
      // It is probed anew.
      this.#found.delete(id)
    }
  }

  #post(findings: readonly NamedFinding[]): void {
    const { session } = this.#vantage
    for (let i = 0; i < findings.length; i += NOTE_ITEMS_MAX) {
      const part = findings.slice(i, i + NOTE_ITEMS_MAX)
      this.#bulletin.post({ kind: 'findings', session, findings: part })
    }
  }
}

/** What is told of a detail. */
const DETAIL_TOLD_CHARACTERS = 200

/** An edge of another central. */
class RemoteSession {
  readonly from: string
  readonly #session: CheckSession
  /** Numbers of its tasks here, by `app cluster`. */
  readonly #tasks = new Map<string, number>()
  /** Findings of endpoints that are, or may become, its tasks here. */
  readonly #found = new Map<string, NamedFinding>()
  #isClosed = false

  constructor(from: string, keeper: Keeper, vantage: Vantage) {
    this.from = from
    this.#session = keeper.connect(vantage, (message) => this.#note(message))
  }

  report(findings: readonly NamedFinding[]): void {
    for (const finding of findings) {
      const name = nameOf(finding)
      if (this.#found.size < FOUND_MAX || this.#found.has(name)) this.#found.set(name, finding)
    }
    this.#tell(findings.map(nameOf))
  }

  heard(): void {
    this.#session.heard()
  }

  close(): void {
    this.#isClosed = true
    this.#session.close()
  }

  #note(message: AssignmentMessage): void {
    if (message.first) this.#tasks.clear()
    const deleted = new Set(message.delete)
    for (const [name, id] of this.#tasks) if (deleted.has(id)) this.#tasks.delete(name)
    for (const task of message.put) this.#tasks.set(nameOf(task), task.id)
    const names = message.put.map(nameOf).filter((name) => this.#found.has(name))
    // Not in the middle of what the keeper is about.
    if (names.length > 0) setImmediate(() => this.#tell(names))
  }

  #tell(names: readonly string[]): void {
    if (this.#isClosed) return
    const findings: Finding__Output[] = []
    for (const name of names) {
      const task = this.#tasks.get(name)
      const found = this.#found.get(name)
      if (task === undefined || found === undefined) continue
      findings.push({ task, state: found.state, detail: found.detail })
    }
    if (findings.length > 0) this.#session.report(findings)
  }
}

function nameOf({ app, cluster }: { readonly app: string; readonly cluster: string }): string {
  return `${app} ${cluster}`
}
