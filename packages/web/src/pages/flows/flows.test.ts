import type { Flow, FlowLogLine, FlowStep } from '@fabrique/contract'
import { FlowDefinition } from '@fabrique/contract'
import { describe, expect, it } from 'vitest'
import { formatOf } from '../../i18n/format.js'
import { wholeCatalogue } from '../../i18n/whole-catalogue.js'
import { barHeights } from './bar-heights.js'
import { matchesFlow } from './match-flow.js'
import { mergeSteps } from './merge-steps.js'
import { originText } from './origin-text.js'
import { readFlowMessage } from './read-flow-message.js'
import { groupOf, openNodesMax, runGraph } from './run-graph.js'
import { addLines, chosenLines, emptyLog, withoutAnsi } from './run-log.js'
import { scheduleText } from './schedule-text.js'
import { timelineOf } from './timeline.js'

const en = await wholeCatalogue('en')
const fr = await wholeCatalogue('fr')

const step = (name: string, part: Partial<FlowStep> = {}): FlowStep => ({
  name,
  kind: 'run',
  state: { type: 'COMPLETED', name: 'Completed' },
  idempotency_key: name,
  position: 0,
  attempts: [],
  after: [],
  ...part,
})

const line = (position: number, part: Partial<FlowLogLine> = {}): FlowLogLine => ({
  position,
  at: '2026-11-22T06:00:00Z',
  level: 'info',
  stream: 'log',
  text: `line ${position}`,
  ...part,
})

describe('scheduleText', () => {
  const told = (schedule: { cron?: string; every_ms?: number; timezone?: string }) => {
    const whole = { timezone: 'UTC', ...schedule }
    return [scheduleText(whole, 'en', en, formatOf('en')), scheduleText(whole, 'fr', fr, formatOf('fr'))]
  }
  it.each([
    ['* * * * *', 'every minute', 'chaque minute'],
    ['*/15 * * * *', 'every 15 minutes', 'toutes les 15 minutes'],
    ['5 * * * *', 'every hour, at minute 05', 'chaque heure, à la minute 05'],
    ['30 */6 * * *', 'every 6 hours, at minute 30', 'toutes les 6 heures, à la minute 30'],
    ['0 6 * * *', 'every day at 06:00', 'chaque jour à 6\u00a0h\u00a000'],
    ['0 0 6 * * *', 'every day at 06:00', 'chaque jour à 6\u00a0h\u00a000'],
    ['0 6,18 * * *', 'every day at 06:00 and 18:00', 'chaque jour à 6\u00a0h\u00a000 et 18\u00a0h\u00a000'],
    ['30 8 * * 1-5', 'Monday to Friday at 08:30', 'du lundi au vendredi à 8\u00a0h\u00a030'],
    ['0 9 * * 7', 'every Sunday at 09:00', 'chaque dimanche à 9\u00a0h\u00a000'],
    ['0 9 * * MON,thu', 'every Monday and Thursday at 09:00', 'chaque lundi et jeudi à 9\u00a0h\u00a000'],
    ['0 6 1 * *', 'on the 1st of each month at 06:00', 'le 1er de chaque mois à 6\u00a0h\u00a000'],
    ['0 6 1,15 * *', 'on the 1st and 15th of each month at 06:00', 'le 1er et 15 de chaque mois à 6\u00a0h\u00a000'],
    ['0 6 L * *', 'on the last day of each month at 06:00', 'le dernier jour de chaque mois à 6\u00a0h\u00a000'],
    ['0 0 29 2 *', 'on the 29th of February at 00:00', 'le 29 février à 0\u00a0h\u00a000'],
    ['@daily', 'every day at 00:00', 'chaque jour à 0\u00a0h\u00a000'],
    ['0 6 1 * 1', 'cron 0 6 1 * 1', 'cron 0 6 1 * 1'],
    ['*/30 * * * * *', 'cron */30 * * * * *', 'cron */30 * * * * *'],
    ['0 9-17 * * *', 'cron 0 9-17 * * *', 'cron 0 9-17 * * *'],
  ])('%s', (cron, english, french) => {
    expect(told({ cron })).toEqual([english, french])
  })

  it('names a zone that is not UTC, and intervals in the largest whole unit', () => {
    expect(told({ cron: '0 6 1 * *', timezone: 'Europe/Paris' })[0]).toBe(
      'on the 1st of each month at 06:00 (Europe/Paris)',
    )
    expect(told({ every_ms: 30_000 })).toEqual(['every 30 s', 'à intervalle de 30 s'])
    expect(told({ every_ms: 5_400_000 })[0]).toBe('every 90 min')
  })
})

describe('runGraph', () => {
  it('draws what came after what, and a search hides edges to what it leaves out', () => {
    const steps = [step('load'), step('clean', { after: ['load'] }), step('train', { after: ['clean'] })]
    expect(runGraph(steps).links).toEqual([
      { from: 'load', to: 'clean' },
      { from: 'clean', to: 'train' },
    ])
    const found = runGraph(steps, { find: 'A' })
    expect(found.nodes.map(({ id }) => id)).toEqual(['load', 'clean', 'train'])
    expect(runGraph(steps, { find: 'la' })).toMatchObject({ nodes: [], links: [] })
    expect(runGraph(steps, { find: 'tra' }).links).toEqual([])
  })

  it('beyond 100 steps closes groups of names that differ by numbers; the state is the one that needs a look', () => {
    const many = Array.from({ length: openNodesMax }, (_, index) =>
      step(`load-2026-${index}`, { after: index === 0 ? ['start'] : [`load-2026-${index - 1}`] }),
    )
    many[7] = { ...step('load-2026-7', { after: ['load-2026-6'] }), state: { type: 'FAILED', name: 'Failed' } }
    const steps = [step('start'), ...many, step('end', { after: ['load-2026-99'] })]
    const graph = runGraph(steps)
    expect(graph.nodes.map(({ id, steps: of }) => [id, of.length])).toEqual([
      ['start', 1],
      ['load-…', openNodesMax],
      ['end', 1],
    ])
    expect(graph.nodes[1]?.state.type).toBe('FAILED')
    expect(graph.links).toEqual([
      { from: 'start', to: 'load-…' },
      { from: 'load-…', to: 'end' },
    ])
    const opened = runGraph(steps, { open: new Set(['load-…']) })
    expect(opened.nodes).toHaveLength(openNodesMax + 2)
    expect(opened.groups).toEqual(['load-…'])
    expect(runGraph(many.slice(0, 50)).nodes).toHaveLength(50)
  })

  it('says when there is too much to draw', () => {
    const letters = Array.from({ length: 300 }, (_, index) =>
      step(String.fromCharCode(97 + (index % 26), 97 + Math.floor(index / 26))),
    )
    expect(runGraph(letters).isTooLarge).toBe(true)
  })

  it('groups by what names have in common', () => {
    expect(['load-2026-01', 'score[3]', 'step 3 of 10', 'train'].map(groupOf)).toEqual([
      'load-…',
      'score[…]',
      'step … of …',
      'train',
    ])
  })
})

describe('timelineOf', () => {
  const at = (second: number) => new Date(Date.UTC(2026, 10, 22, 6, 0, second)).toISOString()
  const attempt = { worker: 'w', state: 'completed' } as const

  it('has a bar for each attempt; what runs goes on to now', () => {
    const steps = [
      step('first', {
        attempts: [
          { ...attempt, attempt: 1, started_at: at(0), ended_at: at(2), state: 'failed' },
          { ...attempt, attempt: 2, started_at: at(5), ended_at: at(6) },
        ],
      }),
      step('second', { attempts: [{ ...attempt, attempt: 1, started_at: at(6), state: 'running' }] }),
      step('waits'),
    ]
    const { rows, totalMs, ticksMs } = timelineOf(steps, Date.parse(at(10)))
    expect(totalMs).toBe(10_000)
    expect(ticksMs).toEqual([0, 2000, 4000, 6000, 8000, 10_000])
    expect(rows.map(({ step: { name }, spans }) => [name, spans.map(({ left, width }) => [left, width])])).toEqual([
      [
        'first',
        [
          [0, 20],
          [50, 10],
        ],
      ],
      ['second', [[60, 40]]],
    ])
  })

  it('is empty where nothing began', () => {
    expect(timelineOf([step('waits')], 0)).toEqual({ rows: [], totalMs: 0, ticksMs: [] })
  })
})

describe('the log', () => {
  it('takes each line once, in order, and lets the oldest go beyond its bound', () => {
    const first = addLines(emptyLog, [line(1), line(2)], 0, 3)
    const log = addLines(first, [line(2), line(3), line(4)], 5, 3)
    expect(log.lines.map(({ position }) => position)).toEqual([2, 3, 4])
    expect(log).toMatchObject({ dropped: 5, letGo: 1 })
    expect(addLines(log, [line(4)], 5, 3)).toBe(log)
  })

  it('is chosen by level and those above, step and text', () => {
    const lines = [
      line(1, { level: 'debug' }),
      line(2, { level: 'warn', step: 'load' }),
      line(3, { level: 'error', step: 'train', text: 'No Memory' }),
    ]
    const found = (choice: Partial<Parameters<typeof chosenLines>[1]>) =>
      chosenLines(lines, { level: undefined, step: undefined, find: '', ...choice }).map(({ position }) => position)
    expect(found({})).toEqual([1, 2, 3])
    expect(found({ level: 'warn' })).toEqual([2, 3])
    expect(found({ step: 'load' })).toEqual([2])
    expect(found({ find: 'memory' })).toEqual([3])
  })

  it('is shown without the codes of terminals', () => {
    expect(withoutAnsi('\u001b[31mred\u001b[0m \u001b]0;title\u0007plain [1]')).toBe('red plain [1]')
  })
})

describe('messages of the stream', () => {
  it('are read, and anything else is left out', () => {
    expect(readFlowMessage('{"kind":"logs","lines":[],"dropped":0}')).toMatchObject({ kind: 'logs' })
    for (const data of ['', 'null', '[]', '{"kind":"logs"}', '{"kind":"other","lines":[]}'])
      expect(readFlowMessage(data)).toBeUndefined()
  })

  it('put steps in their place; items of maps are not among them', () => {
    const before = { items: [step('a', { position: 1 }), step('b', { position: 2 })], isWhole: true }
    const ran = step('a', { position: 1, kind: 'map' })
    const after = mergeSteps(before, [step('c', { position: 0 }), ran, step('b[0]', { map: 'b', position: 3 })])
    expect(after?.items.map(({ name }) => name)).toEqual(['c', 'a', 'b'])
    expect(after?.items[1]).toBe(ran)
    expect(mergeSteps(undefined, [ran])).toBeUndefined()
  })
})

describe('small parts', () => {
  it('bars are as high as the root of the time they stand for', () => {
    expect(barHeights([{ duration_ms: 100 }, { duration_ms: 25 }, {}])).toEqual([28, 17, 6])
  })

  it('a flow is found by its name, project, description or tags', () => {
    const flow = {
      project: 'churn',
      name: 'monthly',
      definition: FlowDefinition.parse({
        name: 'monthly',
        version: '1',
        params_schema: {},
        description: 'Retrains',
        tags: ['ml'],
      }),
    } as Flow
    expect(['', 'CHURN month', 'ml retrains'].map((text) => matchesFlow(flow, text))).toEqual([true, true, true])
    expect(matchesFlow(flow, 'monthly iris')).toBe(false)
  })

  it('an origin is told in words', () => {
    const text = (origin: Parameters<typeof originText>[0]['origin'], of?: string) =>
      originText({ origin, requested_by: 'ada', ...(of === undefined ? {} : { origin_of: of }) }, fr)
    expect(text('manual')).toBe('Demandée, par ada')
    expect(text('schedule', 'nightly')).toBe('Planification\u202f: nightly')
  })
})
