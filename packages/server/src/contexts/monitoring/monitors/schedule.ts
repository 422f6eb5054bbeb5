import { FabriqueError, type MonitorDefinition } from '@fabrique/contract'
import { CronFault, parseCron } from '../../../platform/index.js'

/** The first moment of the schedule after a moment; undefined without one. Throws `invalid_request` for one that there cannot be. */
export function nextMoment({ schedule }: Pick<MonitorDefinition, 'schedule'>, after: Date): Date | undefined {
  if (schedule === undefined) return undefined
  const refuse = (reason: string) =>
    new FabriqueError('invalid_request', { field: 'schedule.cron', reason }, { field: 'schedule.cron' })
  try {
    const next = parseCron(schedule.cron, schedule.timezone).nextAfter(after)
    if (next === undefined) throw refuse(`${schedule.cron} has no moment`)
    return next
  } catch (error) {
    if (error instanceof CronFault) throw refuse(error.message)
    throw error
  }
}
