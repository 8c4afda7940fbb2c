import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { messageOf, MeridianError } from '../../shared/errors.ts'
import { EXIT_OK } from '../../shared/exit.ts'
import type { Call } from '../call.ts'
import { usageError } from '../failure.ts'
import { nameOperand, pathOf } from '../keys.ts'
import { globalOptions, operand } from '../options.ts'
import { renderJson } from '../output.ts'
import { withProgress } from '../progress.ts'
import { openSession } from '../session.ts'
import { ZONE_FILE_TYPE } from '../zone/existing.ts'

const exportOptions = z.object({ ...globalOptions, to: z.string().optional() })

/** `meridian zone export APEX`: the zone file of a zone, on stdout or in a file. */
export async function exportZone(call: Call): Promise<number> {
  const { options, client } = openSession(exportOptions, call)
  const apex = nameOperand(operand(call.args, 0))
  const chunks = await client.openText(pathOf('zones', apex, 'file'), ZONE_FILE_TYPE)
  if (options.to === undefined) {
    const decoder = new TextDecoder()
    for await (const chunk of chunks) call.io.out(decoder.decode(chunk, { stream: true }))
    return EXIT_OK
  }
  const to = resolve(call.io.cwd, options.to)
  const bytes = await withProgress(call.io, `writing ${options.to}`, writeWhole(to, chunks))
  const result = { zone: apex, file: options.to, bytes }
  if (options.output === 'json') call.io.out(renderJson(result))
  else call.io.out(`exported zone ${apex} to ${options.to} (${bytes} bytes)\n`)
  return EXIT_OK
}

/** Writes all of it beside the file, then puts that in its place: what is there is whole or as it was. */
async function writeWhole(to: string, chunks: AsyncIterable<Uint8Array>): Promise<number> {
  const beside = `${to}.part`
  const stream = createWriteStream(beside)
  try {
    await pipeline(chunks, stream)
    await rename(beside, to)
    return stream.bytesWritten
  } catch (err) {
    await rm(beside, { force: true })
    if (err instanceof MeridianError) throw err
    throw usageError(`${to} cannot be written: ${messageOf(err)}`)
  }
}
