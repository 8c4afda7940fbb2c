import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { basename, dirname, join, matchesGlob, posix, relative, resolve } from 'node:path'
import { packageRoot } from '../../shared/package-root.ts'
import { isRecord } from './program.ts'

/**
 * Builds what `deploy/Dockerfile` builds, without a container engine: a folder stands for the file
 * system of each stage. COPY is done as written, `.dockerignore` included; `npm run` is run; in place
 * of `npm ci` stand links to the packages that are installed here. An instruction that is not known
 * is an error, so that this cannot pass by what the Dockerfile says.
 */

const root = packageRoot()

/** An image: its files, and what its config says. */
export interface Image {
  /** The folder that stands for WORKDIR. */
  readonly workdir: string
  readonly entrypoint: readonly string[]
  readonly cmd: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly healthcheck: readonly string[]
  readonly user: string
  readonly stopSignal: string
  /** `1053/udp`, `9153/tcp`. */
  readonly ports: readonly string[]
}

interface Instruction {
  readonly word: string
  readonly rest: string
}

interface Stage {
  readonly base: string
  readonly instructions: readonly Instruction[]
}

/** Reads a Dockerfile: its stages by name. */
export function readDockerfile(file: string): ReadonlyMap<string, Stage> {
  const text = readFileSync(file, 'utf8')
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, ' ')
  const stages = new Map<string, { base: string; instructions: Instruction[] }>()
  let current: Instruction[] = []
  for (const line of text.split('\n').filter((each) => each.trim() !== '')) {
    const [, word = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? []
    if (word === 'FROM') {
      const [, base = '', name = ''] = /^(\S+) AS (\S+)$/.exec(rest) ?? []
      current = []
      stages.set(name, { base, instructions: current })
    } else {
      current.push({ word, rest })
    }
  }
  return stages
}

/** Builds one target of a Dockerfile, and the stages that it needs, into subfolders of `dir`. */
export function buildImage(dockerfile: string, target: string, dir: string): Image {
  const stages = readDockerfile(dockerfile)
  const build = (name: string): Image => {
    const stage = stages.get(name)
    if (stage === undefined) throw new Error(`${dockerfile} has no stage ${name}`)
    const builder = new StageBuilder(join(dir, name), (from) => {
      const other = join(dir, from)
      if (!existsSync(other)) build(from)
      return other
    })
    const chain = [...stage.instructions]
    for (let base = stages.get(stage.base); base !== undefined; base = stages.get(base.base)) {
      chain.unshift(...base.instructions)
    }
    for (const instruction of chain) builder.run(instruction)
    return builder.image()
  }
  return build(target)
}

class StageBuilder {
  readonly #dir: string
  readonly #stageDir: (name: string) => string
  #workdir = '/'
  #entrypoint: readonly string[] = []
  #cmd: readonly string[] = []
  #healthcheck: readonly string[] = []
  #user = ''
  #stopSignal = ''
  readonly #env: Record<string, string> = {}
  readonly #ports: string[] = []

  constructor(dir: string, stageDir: (name: string) => string) {
    this.#dir = dir
    this.#stageDir = stageDir
  }

  image(): Image {
    return {
      workdir: this.#inside('.'),
      entrypoint: this.#entrypoint,
      cmd: this.#cmd,
      env: this.#env,
      healthcheck: this.#healthcheck,
      user: this.#user,
      stopSignal: this.#stopSignal,
      ports: this.#ports,
    }
  }

  run({ word, rest }: Instruction): void {
    switch (word) {
      case 'WORKDIR':
        this.#workdir = posix.resolve(this.#workdir, rest)
        mkdirSync(this.#inside('.'), { recursive: true })
        return
      case 'COPY':
        return this.#copy(rest.split(/\s+/))
      case 'RUN':
        return this.#shell(rest)
      case 'ENV': {
        const [, key = '', value = ''] = /^(\w+)=(\S*)$/.exec(rest) ?? []
        this.#env[key] = value
        return
      }
      case 'EXPOSE':
        this.#ports.push(...rest.split(/\s+/).map((p) => (p.includes('/') ? p : `${p}/tcp`)))
        return
      case 'HEALTHCHECK':
        this.#healthcheck = wordsOf(rest.slice(rest.indexOf('CMD ') + 4))
        return
      case 'ENTRYPOINT':
        this.#entrypoint = wordsOf(rest)
        return
      case 'CMD':
        this.#cmd = wordsOf(rest)
        return
      case 'USER':
        this.#user = rest
        return
      case 'STOPSIGNAL':
        this.#stopSignal = rest
        return
      case 'VOLUME':
        return
      default:
        throw new Error(`the instruction ${word} is not known here`)
    }
  }

  /** The folder or file here that stands for a path in the image. */
  #inside(path: string): string {
    return join(this.#dir, posix.resolve(this.#workdir, path))
  }

  #copy(words: readonly string[]): void {
    const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length)
    const paths = words.filter((word) => !word.startsWith('--'))
    const to = paths.at(-1) ?? '.'
    for (const path of paths.slice(0, -1)) {
      const source = from === undefined ? join(root, path) : join(this.#stageDir(from), path)
      const isFolder = statSync(source).isDirectory()
      const target = isFolder || !to.endsWith('/') ? to : `${to}${basename(source)}`
      const takes = from === undefined ? isInContext : () => true
      if (from === undefined && !(isFolder ? filesBelow(source) : [source]).some(takes)) {
        throw new Error(`COPY ${path}: .dockerignore leaves nothing of it`)
      }
      cpSync(source, this.#inside(target), {
        recursive: true,
        verbatimSymlinks: true,
        filter: (file) => takes(file) || statSync(file).isDirectory(),
      })
    }
  }

  #shell(command: string): void {
    if (command.startsWith('mkdir /var/lib/')) return
    if (command === 'npm ci') {
      this.#linkPackages(() => true)
      // What npm runs after the packages are there.
      this.#shell('npm run install')
      return
    }
    if (command === 'npm ci --omit=dev --ignore-scripts') {
      this.#linkPackages((entry) => entry['dev'] !== true)
      return
    }
    if (!command.startsWith('npm run ')) throw new Error(`RUN ${command} is not known here`)
    const ran = spawnSync('npm', command.split(' ').slice(1), {
      cwd: this.#inside('.'),
      encoding: 'utf8',
    })
    if (ran.status !== 0) throw new Error(`RUN ${command}:\n${ran.stdout}${ran.stderr}`)
  }

  /** Links the packages of the lock file, so that an import of one that is left out fails. */
  #linkPackages(takes: (entry: Record<string, unknown>) => boolean): void {
    const lock: unknown = JSON.parse(readFileSync(this.#inside('package-lock.json'), 'utf8'))
    const packages = isRecord(lock) && isRecord(lock['packages']) ? lock['packages'] : {}
    const link = (path: string): void => {
      mkdirSync(dirname(this.#inside(path)), { recursive: true })
      symlinkSync(join(root, path), this.#inside(path))
    }
    for (const [path, entry] of Object.entries(packages)) {
      const isAtTop = path.lastIndexOf('node_modules/') === 0
      // What is not there is optional and for another platform.
      if (isAtTop && isRecord(entry) && takes(entry) && existsSync(join(root, path))) link(path)
    }
    link('node_modules/.bin')
  }
}

function wordsOf(json: string): readonly string[] {
  const words: unknown = JSON.parse(json)
  if (!Array.isArray(words)) throw new Error(`${json} is not a list of words`)
  return words.map(String)
}

function filesBelow(dir: string): readonly string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

/**
 * Whether `.dockerignore` lets a file into the build: the last rule that matches it or a folder
 * above it decides.
 */
function isInContext(file: string): boolean {
  const parts = relative(root, resolve(file)).split('/')
  const paths = parts.map((_, i) => parts.slice(0, i + 1).join('/'))
  let isIn = true
  for (const { pattern, isException } of ignoreRules()) {
    if (paths.some((path) => matchesGlob(path, pattern))) isIn = isException
  }
  return isIn
}

let rules: { readonly pattern: string; readonly isException: boolean }[] | undefined

function ignoreRules() {
  rules ??= readFileSync(join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ pattern: line.replace(/^!/, ''), isException: line.startsWith('!') }))
  return rules
}
