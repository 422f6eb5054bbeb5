import type { Limit } from './limit.js'

/** Flows, their runs and schedules. */
export const flowLimits = {
  'flows.runs_max': { default: 4, unit: 'runs', description: 'Runs of flows of projects at once in a worker' },
  'flows.loops_max': { default: 4, unit: 'runs', description: 'Loops of models at once in a worker' },
  'flows.open_runs_max': {
    default: 100_000,
    unit: 'runs',
    description: 'Runs of flows that are not over, of all projects; no more are made until some are',
  },
  'flows.crashes_max': {
    default: 5,
    unit: 'deaths',
    description:
      'Deaths of the process or worker of a run without a step finished in between, after which it is given up',
  },
  'flows.lease_ms': {
    default: 10_000,
    unit: 'ms',
    description: 'A worker that does not renew its lease for so long is lost: others take its runs over',
  },
  'flows.log_lines_max': { default: 200_000, unit: 'lines', description: 'Lines kept of what a run logs' },
  'flows.log_bytes_max': { default: 50_000_000, unit: 'bytes', description: 'Bytes kept of what a run logs' },
  'flows.log_line_chars_max': {
    default: 20_000,
    unit: 'characters',
    description: 'Of a longer line, the start is kept',
  },
  'flows.params_bytes_max': { default: 512 * 1024, unit: 'bytes', description: 'Parameters of one run of a flow' },
  'flows.schedule_grace_ms': {
    default: 60_000,
    unit: 'ms',
    description: 'How late the newest moment of a schedule may start without being a missed one',
  },
  'flows.queued_max': {
    default: 1_000,
    unit: 'runs',
    description: 'Runs of a schedule that wait for one another, and missed moments that are made up for at once',
  },
  'flows.backfill_max': { default: 10_000, unit: 'moments', description: 'Moments in the range of one back-fill' },
  'flows.trigger_depth_max': {
    default: 10,
    unit: 'runs',
    description: 'Runs of flows in a row of which each started the next by an event',
  },
  'flows.counted_max': {
    default: 10_000,
    unit: 'runs',
    description: 'Open runs of a flow that are counted for its lists',
  },
  'flows.artifacts_max': {
    default: 1_000,
    unit: 'artifacts',
    description: 'Artifacts of a run that are kept, each by its newest content; more are counted',
  },
  'flows.artifacts_bytes_max': {
    default: 128 * 1024 * 1024,
    unit: 'bytes',
    description: 'Content of the artifacts of a run that is kept; what is beyond is counted',
  },
  'flows.artifacts_shown_max': {
    default: 200,
    unit: 'artifacts',
    description: 'Artifacts of a run that are shown at once; the rest is counted',
  },
  'flows.artifacts_shown_bytes_max': {
    default: 16 * 1024 * 1024,
    unit: 'bytes',
    description: 'Content of the artifacts of a run that are shown at once; the rest is counted',
  },
  'flows.workers_shown_max': { default: 500, unit: 'workers', description: 'Workers that are listed' },
  'flows.output_bytes_max': {
    default: 8 * 1024 * 1024,
    unit: 'bytes',
    description: 'What the process of a run prints past the console that is kept; the rest is read and counted',
  },
  'flows.limits_max': { default: 1_000, unit: 'limits', description: 'Named limits' },
  'flows.schedule_poll_ms': {
    default: 2_000,
    unit: 'ms',
    description: 'Longest wait between looks for what is due, where a wake-up was lost',
  },
} as const satisfies Record<string, Limit>
