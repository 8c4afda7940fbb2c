import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, Option } from 'commander'
import { packageRoot } from '../shared/package-root.ts'
import { withExamples, type Bind } from './binding.ts'
import type { Dispatch, Io } from './call.ts'
import { addLogCommands } from './program-log.ts'
import { addMachineCommands } from './program-machines.ts'
import { addObjectCommands } from './program-objects.ts'
import { addOperatorCommands } from './program-operators.ts'
import { addRecordCommands } from './program-records.ts'
import { addSourceCommands } from './program-sources.ts'
import { addZoneCommands } from './program-zone.ts'

/** Creates the command line: all commands, options and help texts, but not what they do. */
export function createProgram(io: Io, dispatch: Dispatch): Command {
  const program = new Command('meridian')
    .description('A two-tier DNS mesh that steers users to the nearest healthy cluster')
    .version(versionOfPackage(), '-V, --version', 'print the version')
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .configureHelp({ showGlobalOptions: true })
    .addOption(
      new Option('--output <format>', 'how to print data')
        .choices(['table', 'json'])
        .default('table'),
    )
    .option('--url <url>', 'central; else MERIDIAN_URL, .meridian/dev.json, http://127.0.0.1:8053')
    .option('--token-file <file>', 'file with the token for writes; else MERIDIAN_TOKEN, dev.json')
    .option('--debug', 'print the stack of errors')
  const bind: Bind = (command, load) => {
    command.action(async () => {
      await dispatch(load, { args: command.args, options: command.optsWithGlobals() })
    })
  }
  addProcessCommands(program, bind)
  addConfigCommands(program, bind)
  addApplyCommand(program, bind)
  addObjectCommands(program, bind)
  addOperatorCommands(program, bind)
  addMeshCommands(program, bind)
  addLogCommands(program, bind)
  addMachineCommands(program, bind)
  addZoneCommands(program, bind)
  addRecordCommands(program, bind)
  addSourceCommands(program, bind)
  return program
}

function versionOfPackage(): string {
  const text = readFileSync(join(packageRoot(), 'package.json'), 'utf8')
  return /"version": "([^"]+)"/.exec(text)?.[1] ?? 'unknown'
}

function addProcessCommands(program: Command, bind: Bind): void {
  const central = program
    .command('central')
    .description('run a central: the authority for apps, clusters, endpoints and zones')
    .option('--config <file>', 'config file; else MERIDIAN_CONFIG')
  withExamples(central, 'central --config central.yaml')
  bind(central, async () => (await import('./commands/processes.ts')).runCentral)

  const edge = program
    .command('edge')
    .description('run an edge: a DNS server of one cluster')
    .option('--config <file>', 'config file; else MERIDIAN_CONFIG')
  withExamples(edge, 'edge --config edge.yaml')
  bind(edge, async () => (await import('./commands/processes.ts')).runEdge)

  const dev = program
    .command('dev')
    .description('run one central and three edges on loopback, with sample apps')
    .option('--fresh', 'remove .meridian/ and what earlier runs stored there')
  withExamples(dev, 'dev', 'dev --fresh')
  bind(dev, async () => (await import('./commands/processes.ts')).runDevMesh)
}

function addConfigCommands(program: Command, bind: Bind): void {
  const config = program.command('config').description('check config files, print their schemas')

  const check = config
    .command('check')
    .description(
      'check a config file, manifest or topology; every mistake is one line, exit code 2',
    )
    .argument('<file>')
    .addOption(
      new Option('--kind <kind>', 'what the file is; found by its keys when not given').choices([
        'central',
        'edge',
        'manifest',
        'topology',
      ]),
    )
    .option('--no-env', 'leave the environment out: accept any ${…} reference')
  withExamples(check, 'config check edge.yaml', 'config check --no-env --kind central central.yaml')
  bind(check, async () => (await import('./commands/config.ts')).checkConfig)

  const schema = config
    .command('schema')
    .description('print the JSON schema of a kind of file: central, edge, manifest, topology')
    .argument('<kind>')
  withExamples(schema, 'config schema edge > edge.schema.json')
  bind(schema, async () => (await import('./commands/config.ts')).printSchema)
}

function addApplyCommand(program: Command, bind: Bind): void {
  const apply = program
    .command('apply')
    .description('put all that manifests list, as one change; applying twice changes nothing')
    .requiredOption('-f, --file <file...>', 'manifest, - for stdin; may be given several times')
    .option('--dry-run', 'print the diff, change nothing')
    .option('--prune', 'delete what the lists of the manifests do not name')
    .option('--confirm', 'even when the guard of central finds that too much goes')
    .option('--wait', 'end when every connected edge serves the change')
  withExamples(
    apply,
    'apply -f mesh.yaml --dry-run',
    'apply -f clusters.yaml -f apps.yaml --wait',
    'apply -f - < mesh.yaml',
  )
  bind(apply, async () => (await import('./commands/apply.ts')).apply)
}

function addMeshCommands(program: Command, bind: Bind): void {
  const edges = program.command('edges').description('edges that are connected to central')
  const list = edges
    .command('list')
    .description('list the edges, what they serve and since when they are connected')
    .option('--limit <n>', 'at most so many')
  withExamples(list, 'edges list', 'edges list --output json')
  bind(list, async () => (await import('./commands/mesh.ts')).listEdges)

  const health = program
    .command('health')
    .description('list the endpoints that are checked: state, since when, who reports it and why')
    .argument('[name]', 'one app; without it all')
    .option('--state <state>', 'only those that are unknown, up, degraded or down')
    .option('--cluster <id>', 'only those on this cluster')
    .option('--limit <n>', 'at most so many')
  withExamples(health, 'health --state down', 'health video.example --output json')
  bind(health, async () => (await import('./commands/health.ts')).listHealth)

  const latencies = program
    .command('latencies')
    .description('list the round trips that connected edges have measured to clusters, in ms')
    .option('--edge <id>', 'only those of this edge')
    .option('--cluster <id>', 'only those to this cluster')
    .option('--limit <n>', 'at most so many')
  withExamples(latencies, 'latencies --edge sfo', 'latencies --cluster lhr --output json')
  bind(latencies, async () => (await import('./commands/latencies.ts')).listLatencies)

  const status = program
    .command('status')
    .description('version and size of what central holds')
    .option('--hash', 'also the hash of the state, equal on all centrals that are at one version')
  withExamples(status, 'status', 'status --hash --url http://central.example:8053')
  bind(status, async () => (await import('./commands/mesh.ts')).showStatus)

  const wait = program
    .command('wait')
    .description('wait until every connected edge serves a version; exit code 1 when not in time')
    .argument('<version>')
    .option('--timeout <seconds>', 'how long to wait, 1 to 60', '10')
  withExamples(wait, 'wait 42', 'wait 42 --timeout 60')
  bind(wait, async () => (await import('./commands/mesh.ts')).waitForVersion)

  const explain = program
    .command('explain')
    .description('show how edges answer a name and why: candidates, steps, answer, TTL')
    .argument('<name>')
    .option('--edge <id|url>', 'one edge in full, by id or admin URL; without it all, in short')
    .option('--client <prefix>', 'as seen by a client in this prefix')
    .option('--type <type>', 'record type', 'A')
    .option('--at <time|version>', 'at a moment that is past, as far as central told edges of it')
  withExamples(
    explain,
    'explain video.example',
    'explain video.example --edge sfo --type AAAA',
    'explain video.example --edge http://127.0.0.1:9301 --client 192.0.2.0/24',
    'explain video.example --edge sfo --at 2026-12-01T22:00:00Z',
  )
  bind(explain, async () => (await import('./commands/explain.ts')).explain)

  const simulate = program
    .command('simulate')
    .description(
      'show how traffic would shift between clusters if a manifest or policy were applied; changes nothing',
    )
    .requiredOption('-f, --file <file>', 'manifest, or policy: and apps: [names]; - for stdin')
    .option('--app <name...>', 'only these apps; else those of the file, else all, at most 1000')
    .option(
      '--queries <log>',
      'who asks: lines of CLIENT-IP [EDGE] QNAME QTYPE, or JSON; - for stdin',
    )
    .option('--clients <n>', 'without a log: so many clients are made up', '10000')
    .option('--seed <n>', 'other clients for another number', '1')
    .option('--type <type>', 'what made-up clients ask for: A or AAAA', 'A')
    .addOption(
      new Option(
        '--edges <kind>',
        'who answers; clusters: each one, as where no edge is connected',
      ).choices(['connected', 'clusters']),
    )
  withExamples(
    simulate,
    'simulate -f mesh.yaml',
    'simulate -f policy.yaml --app video.example --queries queries.log',
    'simulate -f mesh.yaml --clients 100000 --seed 7 --output json',
  )
  bind(simulate, async () => (await import('./commands/simulate.ts')).simulate)
}
