import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { problemOfStatus, sendProblem } from './problem.ts'

/** Long answers that are sent at once: each holds on to a zone as it was. */
const STREAMS_MAX = 16

/** Answers that are too long to be made at once: they are made as the client takes them. */
export class Streams {
  #sending = 0

  /** Answers with the parts of a text; 503 when too many are on their way already. */
  send(reply: FastifyReply, mediaType: string, parts: () => Iterable<string>): FastifyReply {
    if (this.#sending >= STREAMS_MAX) {
      const detail = `${STREAMS_MAX} long answers are on their way already, try again later`
      return sendProblem(reply, problemOfStatus(503, detail))
    }
    this.#sending++
    const stream = Readable.from(parts())
    stream.once('close', () => this.#sending--)
    return reply.type(mediaType).send(stream)
  }
}
