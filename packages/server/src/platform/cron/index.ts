/** Cron expressions in time zones. */
export { type CronExpression, CronFault, parseCron } from './cron.js'
