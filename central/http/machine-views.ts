import { z } from 'zod'
import { registrationSchema } from '../../shared/registry/machine-schema.ts'
import { idSchema } from '../../shared/registry/schema.ts'
import { withdrawalReasons } from '../model/events.ts'
import type { StoredMachine } from '../model/state.ts'

/** Machines, as they are shown: text that is canonical already. */

const reasons = withdrawalReasons
const nameText = z
  .string()
  .meta({ description: 'Canonical domain name', example: 'video.example.' })
const keyShape = { app: nameText, cluster: idSchema, machine: idSchema }
const machineShape = {
  ...keyShape,
  addresses: z.array(z.string().meta({ description: 'IPv4 or IPv6 address' })),
  port: registrationSchema.shape.port,
  leaseSeconds: z.int().meta({ description: 'Without a renewal for so long it is withdrawn' }),
  endAfterDownSeconds: registrationSchema.shape.endAfterDownSeconds,
}

const shownVersion = z.int().meta({ description: 'The change that last touched the machine' })

/** What the machine itself is told. */
export const registeredSchema = z
  .strictObject({
    ...machineShape,
    renewBeforeEpoch: z
      .number()
      .meta({ description: 'When the lease ends, ms since 1970; a third of it is a good rhythm' }),
    version: shownVersion,
  })
  .meta({ id: 'Registered' })

/** What `viewRegistered` makes. */
export type RegisteredView = z.output<typeof registeredSchema>

/** Shows a machine to itself. */
export function viewRegistered(
  { value, version }: StoredMachine,
  renewBeforeEpoch: number,
): RegisteredView {
  const { terminateUrl: _, addresses, ...machine } = value
  return { ...machine, addresses: [...addresses], renewBeforeEpoch, version }
}

/** How the renewal of many leases went. */
export const renewedSchema = z
  .strictObject({
    renewed: z.int().meta({ description: 'Leases that were renewed' }),
    unknown: z.array(z.strictObject(keyShape)).meta({
      description: 'Machines that are not registered, or out: they have to register anew',
    }),
  })
  .meta({ id: 'Renewed' })

/** What a machine is told of its key. */
export const renewalKeySchema = z
  .strictObject({
    handle: z.string().meta({ description: 'Names the key in datagrams, 16 hex digits' }),
    secret: z.string().meta({ description: 'Of its MACs, 32 octets as base64url' }),
    port: z.int().meta({ description: 'UDP port of central that takes the datagrams' }),
  })
  .meta({ id: 'RenewalKey' })

/** A machine in a list. */
export const machineViewSchema = z
  .strictObject({
    ...machineShape,
    state: z
      .enum(['in', 'out'])
      .meta({ description: 'out: withdrawn from answers, and being terminated' }),
    why: z.enum(reasons).optional().meta({ description: 'Why it is out' }),
    leaseEndsEpoch: z
      .number()
      .optional()
      .meta({ description: 'Ms since 1970; absent when it has ended' }),
    isTerminated: z.boolean().meta({ description: 'Whether a URL is called to end the machine' }),
    version: shownVersion,
  })
  .meta({ id: 'Machine' })

/** What `viewMachine` makes. */
export type MachineView = z.output<typeof machineViewSchema>

/** Shows a machine. */
export function viewMachine(
  { value, version, out }: StoredMachine,
  leaseEndsEpoch: number | undefined,
): MachineView {
  const { terminateUrl, addresses, ...machine } = value
  return {
    ...machine,
    addresses: [...addresses],
    state: out === undefined ? 'in' : 'out',
    ...(out === undefined ? {} : { why: out }),
    ...(leaseEndsEpoch === undefined ? {} : { leaseEndsEpoch }),
    isTerminated: terminateUrl !== undefined,
    version,
  }
}

/** The events of machines. */
export const machineEventSchemas = [
  z.strictObject({
    type: z.literal('machine-registered'),
    ...machineShape,
    terminateUrl: z.string().optional(),
  }),
  z.strictObject({ type: z.literal('machine-withdrawn'), ...keyShape, why: z.enum(reasons) }),
  z.strictObject({
    type: z.literal('machine-terminated'),
    ...keyShape,
    why: z.enum(reasons).optional().meta({ description: 'Absent in the oldest records' }),
    ok: z.boolean(),
    detail: z.string(),
    attempts: z.int(),
  }),
  z.strictObject({
    type: z.literal('machine-unregistered'),
    ...keyShape,
    why: z.enum([...reasons, 'left']),
  }),
] as const
