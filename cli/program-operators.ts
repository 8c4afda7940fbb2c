import type { Command } from 'commander'
import { withExamples, type Bind } from './binding.ts'

/**
 * Adds what takes places out of answers and brings them back: `drain`, `undrain`, `force`, `unforce`,
 * `maintenance`.
 */
export function addOperatorCommands(program: Command, bind: Bind): void {
  addDrainCommands(program, bind)
  addUndrainCommands(program, bind)
  addForceCommands(program, bind)
  addMaintenanceCommands(program, bind)
}

function addDrainCommands(program: Command, bind: Bind): void {
  const drain = program
    .command('drain')
    .description('take a place out of answers: it is named only where nothing else is left')

  const cluster = drain
    .command('cluster')
    .description('drain a cluster; draining one that drains already changes nothing')
    .argument('<id>')
  withWait(cluster)
  withExamples(cluster, 'drain cluster sfo', 'drain cluster sfo --wait')
  bind(cluster, async () => (await import('./commands/drain.ts')).drainCluster)

  const endpoint = drain
    .command('endpoint')
    .description('drain one app on a cluster; draining what drains already changes nothing')
    .argument('<app>')
    .argument('<cluster>')
  withWait(endpoint)
  withExamples(endpoint, 'drain endpoint video.example sfo --wait')
  bind(endpoint, async () => (await import('./commands/drain.ts')).drainEndpoint)

  const edge = drain
    .command('edge')
    .description(
      'let an edge say that it is not ready, while it still answers; only from its own machine',
    )
    .argument('<id|url>', 'an edge that is connected, or the URL of its admin interface')
  withExamples(edge, 'drain edge sfo', 'drain edge http://127.0.0.1:9153')
  bind(edge, async () => (await import('./commands/drain-edge.ts')).drainEdge)
}

function addUndrainCommands(program: Command, bind: Bind): void {
  const undrain = program.command('undrain').description('bring back what was drained')

  const cluster = undrain
    .command('cluster')
    .description('bring a drained cluster back; one that is active already stays so')
    .argument('<id>')
  withWait(cluster)
  withExamples(cluster, 'undrain cluster sfo', 'undrain cluster sfo --wait')
  bind(cluster, async () => (await import('./commands/drain.ts')).undrainCluster)

  const endpoint = undrain
    .command('endpoint')
    .description('bring a drained endpoint back; one that is active already stays so')
    .argument('<app>')
    .argument('<cluster>')
  withWait(endpoint)
  withExamples(endpoint, 'undrain endpoint video.example sfo')
  bind(endpoint, async () => (await import('./commands/drain.ts')).undrainEndpoint)

  const edge = undrain
    .command('edge')
    .description('end the drain of an edge; only from its own machine')
    .argument('<id|url>', 'an edge that is connected, or the URL of its admin interface')
  withExamples(edge, 'undrain edge sfo')
  bind(edge, async () => (await import('./commands/drain-edge.ts')).undrainEdge)
}

function addForceCommands(program: Command, bind: Bind): void {
  const force = program
    .command('force')
    .description('decide for a time whether an endpoint works, whatever checks find out')

  const up = force.command('up').description('let edges take an endpoint to work')
  addForceOptions(up)
  withExamples(up, 'force up video.example sfo --for 30m --reason "the check is broken"')
  bind(up, async () => (await import('./commands/force.ts')).forceUp)

  const down = force
    .command('down')
    .description('let edges take an endpoint to be down; it is named only where all others are too')
  addForceOptions(down)
  withExamples(down, 'force down video.example sfo --for 2h --reason "new disks" --wait')
  bind(down, async () => (await import('./commands/force.ts')).forceDown)

  const unforce = program
    .command('unforce')
    .description('let edges go by the checks of an endpoint again; without a force nothing changes')
    .argument('<app>')
    .argument('<cluster>')
  withWait(unforce)
  withExamples(unforce, 'unforce video.example sfo')
  bind(unforce, async () => (await import('./commands/force.ts')).unforceEndpoint)
}

function addMaintenanceCommands(program: Command, bind: Bind): void {
  const maintenance = program
    .command('maintenance')
    .description('plan times in which a cluster or an endpoint is out of answers')

  const list = maintenance
    .command('list')
    .description('list the windows that are planned or in force')
    .option('--limit <n>', 'at most so many')
  withExamples(list, 'maintenance list', 'maintenance list --output json')
  bind(list, async () => (await import('./commands/maintenance.ts')).listMaintenance)

  const put = maintenance
    .command('put')
    .description('plan a window, or put it in place of the one with its id')
    .argument('<id>')
    .requiredOption('--cluster <id>', 'the cluster that is maintained')
    .option('--app <name>', 'only the endpoint of this app on the cluster')
    .option('--from <time>', 'when it begins, such as 2026-12-01T22:00:00Z; without it now')
    .requiredOption('--until <time>', 'when it ends by itself, at most 30 days later')
    .option('--state <state>', 'draining, or disabled: never answered; draining')
    .requiredOption('--reason <text>', 'why, for those who read of it; at most 500 characters')
  withWait(put)
  withExamples(
    put,
    'maintenance put disks-sfo --cluster sfo --from 2026-12-01T22:00:00Z --until 2026-12-02T02:00:00Z --reason "new disks"',
  )
  bind(put, async () => (await import('./commands/maintenance.ts')).putMaintenance)

  const remove = maintenance
    .command('delete')
    .description('delete a window; one that is in force ends')
    .argument('<id>')
  withWait(remove)
  withExamples(remove, 'maintenance delete disks-sfo')
  bind(remove, async () => (await import('./commands/maintenance.ts')).deleteMaintenance)
}

function addForceOptions(command: Command): void {
  command
    .argument('<app>')
    .argument('<cluster>')
    .requiredOption('--for <time>', 'when it ends by itself: 90s, 2h, 1d12h, at most 30d')
    .requiredOption('--reason <text>', 'why, for those who read of it; at most 500 characters')
  withWait(command)
}

function withWait(command: Command): void {
  command.option('--wait', 'end when every connected edge serves the change')
}
