import type { LoopRun } from '@fabrique/contract'
import { expect, test } from 'vitest'
import { stageState } from './list-loops.js'

const stages = ['source', 'snapshot', 'checks', 'run', 'model'] as const
const states = (run: Pick<LoopRun, 'state' | 'stage'> | undefined) => stages.map((stage) => stageState(stage, run))

test.each<[string, Pick<LoopRun, 'state' | 'stage'> | undefined, string]>([
  ['never run', undefined, 'waiting waiting waiting waiting waiting'],
  ['queued', { state: 'queued', stage: 'source' }, 'waiting waiting waiting waiting waiting'],
  ['running the checks', { state: 'running', stage: 'checks' }, 'done done running waiting waiting'],
  ['failed at the checks', { state: 'failed', stage: 'checks' }, 'done done failed skipped skipped'],
  ['failed at the source', { state: 'failed', stage: 'source' }, 'failed skipped skipped skipped skipped'],
  ['over', { state: 'succeeded', stage: 'endpoint' }, 'done done done done done'],
])('stages of a loop that is %s', (_name, run, expected) => {
  expect(states(run).join(' ')).toBe(expected)
})
