import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { renderCode, renderNumber, renderTable } from './markdown.ts'

/** A constant that bounds something: its name says so by MAX, or by a unit of time. */
const limitPattern = /^(?:export )?const ((?:[A-Z0-9]+_)*(?:MAX|MS|SECONDS)(?:_[A-Z0-9]+)*) = (.+)$/

interface Limit {
  readonly name: string
  readonly file: string
  readonly value: string
  readonly meaning: string
}

/** Describes every bound that stands in the code, part by part, by its comment there. */
export function describeLimits(root: string): string {
  const byFolder = new Map<string, Limit[]>()
  for (const limit of findLimits(root)) {
    const folder = limit.file.slice(0, limit.file.lastIndexOf('/'))
    byFolder.set(folder, [...(byFolder.get(folder) ?? []), limit])
  }
  return [...byFolder]
    .map(([folder, limits]) => {
      const rows = limits.map(({ name, file, value, meaning }) => {
        const where = `[${file.slice(folder.length + 1)}](../../${file})`
        return [renderCode(name), value, meaning, where]
      })
      return `## ${folder}\n\n${renderTable(['limit', 'value', 'what it bounds', 'file'], rows)}\n`
    })
    .join('\n')
}

function findLimits(root: string): readonly Limit[] {
  const files = globSync('{shared,edge,central,cli}/**/*.ts', { cwd: root })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !/\.(test|fixture|contract)\.ts$|-fixture\.ts$|test-client\.ts$/.test(file))
  return files.sort().flatMap((file) => limitsOf(file, readFileSync(join(root, file), 'utf8')))
}

function limitsOf(file: string, text: string): readonly Limit[] {
  const lines = text.split('\n')
  return lines.flatMap((line, i) => {
    const [, name, source] = limitPattern.exec(line) ?? []
    if (name === undefined || source === undefined) return []
    const meaning = commentAbove(lines, i)
    if (meaning === '')
      throw new TypeError(`${file}:${i + 1}: ${name} has no comment that says why`)
    return [{ name, file, value: renderValue(name, source), meaning }]
  })
}

/** The comment of a constant; the second of two under one comment shares it. */
function commentAbove(lines: readonly string[], at: number): string {
  let i = at - 1
  while (i >= 0 && /^(export )?const [A-Z]/.test(lines[i] ?? '')) i--
  if (!/\*\/$|^\/\//.test(lines[i] ?? '')) return ''
  const comment: string[] = []
  for (; i >= 0; i--) {
    const line = lines[i] ?? ''
    if (!/^( \*|\/\*\*|\/\/)/.test(line)) break
    comment.unshift(line.replace(/^(\/\*\*|\/\/| \*\/| \*)/, '').replace(/\*\/$/, ''))
    if (line.startsWith('/**')) break
  }
  return comment.join(' ').replaceAll(/\s+/g, ' ').trim()
}

function renderValue(name: string, source: string): string {
  if (!/^[\d_* ]+$/.test(source)) return renderCode(source)
  const value = source
    .split('*')
    .reduce((product, factor) => product * Number(factor.replaceAll('_', '').trim()), 1)
  if (name.includes('BYTES')) return renderUnits(value, 1024, ['bytes', 'KiB', 'MiB', 'GiB'])
  if (/_MS(_|$)/.test(name)) return renderUnits(value, 1000, ['ms', 's'])
  if (name.includes('SECONDS')) return `${renderNumber(value)} s`
  return renderNumber(value)
}

/** The value in the largest unit that it is a whole number of. */
function renderUnits(value: number, step: number, units: readonly string[]): string {
  let unit = 0
  let rest = value
  while (unit < units.length - 1 && rest >= step && rest % step === 0) {
    rest /= step
    unit++
  }
  return `${renderNumber(rest)} ${units[unit] ?? ''}`
}
