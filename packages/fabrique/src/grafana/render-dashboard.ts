import type { Language } from '@fabrique/contract'
import type { Choice, Dashboard, Panel, Query, Step, Text, Word } from './panel.js'

/** The source of all panels: dashboards name it, so that they work wherever the provisioned one is. */
export const dataSourceUid = 'fabrique-prometheus'

const datasource = { type: 'prometheus', uid: dataSourceUid } as const
const columns = 24
const rowHeight = 8
const numberHeight = 4
/** Of Grafana 11. */
const schemaVersion = 39

/** A dashboard as Grafana reads it from a file. */
export function renderDashboard(dashboard: Dashboard, language: Language): object {
  const { uid, title, description, choices, rows, marks = [] } = dashboard
  const at = placing()
  const panels = rows.flatMap((row) => [
    { id: at.id(), type: 'row', title: row.title[language], collapsed: false, panels: [], gridPos: at.row() },
    ...row.panels.map((panel) => ({
      id: at.id(),
      ...renderPanel(panel, language),
      gridPos: at.panel(panel.width, panel.height ?? (panel.kind === 'number' ? numberHeight : rowHeight)),
    })),
  ])
  return {
    uid,
    title: title[language],
    description: description[language],
    tags: ['fabrique'],
    schemaVersion,
    version: 1,
    editable: true,
    graphTooltip: 1,
    timezone: 'browser',
    refresh: '10s',
    time: { from: 'now-1h', to: 'now' },
    links: [
      {
        type: 'dashboards',
        title: 'Fabrique',
        tags: ['fabrique'],
        asDropdown: false,
        includeVars: false,
        keepTime: true,
        icon: 'external link',
        targetBlank: false,
        tooltip: '',
        url: '',
      },
    ],
    annotations: {
      list: [
        {
          builtIn: 1,
          datasource: { type: 'grafana', uid: '-- Grafana --' },
          enable: true,
          hide: true,
          iconColor: 'rgba(0, 211, 255, 1)',
          name: 'Annotations & Alerts',
          type: 'dashboard',
        },
        ...marks.map(({ name, expr, text }) => ({
          datasource,
          enable: true,
          expr,
          iconColor: 'purple',
          name: name[language],
          step: '10s',
          titleFormat: text,
        })),
      ],
    },
    templating: { list: choices.map((choice) => renderChoice(choice, language)) },
    panels,
  }
}

/** Counts panels, and puts them beside each other as long as there is place. */
function placing() {
  let ids = 0
  let x = 0
  let y = 0
  let tallest = 0
  const breakLine = () => {
    y += tallest
    x = 0
    tallest = 0
  }
  return {
    id: () => {
      ids += 1
      return ids
    },
    row() {
      breakLine()
      const place = { h: 1, w: columns, x: 0, y }
      y += 1
      return place
    },
    panel(w: number, h: number) {
      if (x + w > columns) breakLine()
      const place = { h, w, x, y }
      x += w
      tallest = Math.max(tallest, h)
      return place
    },
  }
}

function renderChoice({ name, label, query }: Choice, language: Language): object {
  return {
    name,
    label: label[language],
    type: 'query',
    datasource,
    definition: query,
    query: { query, refId: `choice-${name}` },
    refresh: 2,
    sort: 1,
    includeAll: true,
    multi: true,
    allValue: '.*',
    current: { selected: true, text: ['All'], value: ['$__all'] },
    hide: 0,
    options: [],
    regex: '',
    skipUrlSync: false,
  }
}

const said = (text: Text | string, language: Language): string => (typeof text === 'string' ? text : text[language])

const refIds = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'

function renderQuery({ expr, legend }: Query, index: number, kind: Panel['kind'], language: Language): object {
  const isNow = kind === 'table' || kind === 'bars'
  return {
    refId: refIds[index],
    datasource,
    editorMode: 'code',
    expr,
    legendFormat: said(legend, language),
    range: !isNow,
    instant: isNow,
    ...(kind === 'table' ? { format: 'table' } : {}),
    ...(kind === 'heat' ? { format: 'heatmap' } : {}),
  }
}

const plain: readonly Step[] = [{ from: null, color: 'green' }]

const thresholds = (steps: readonly Step[]) => ({
  mode: 'absolute',
  steps: steps.map(({ from, color }) => ({ color, value: from })),
})

const mappings = (words: readonly Word[], language: Language) =>
  words.length === 0
    ? []
    : [
        {
          type: 'value',
          options: Object.fromEntries(
            words.map(({ value, text, color }, index) => [`${value}`, { text: text[language], color, index }]),
          ),
        },
      ]

const newest = { calcs: ['lastNotNull'], fields: '', values: false }

function renderPanel(panel: Panel, language: Language): object {
  const { title, description, queries, unit, min, max, kind } = panel
  const defaults = {
    unit,
    mappings: [],
    thresholds: thresholds(plain),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  }
  const common = {
    title: title[language],
    ...(description === undefined ? {} : { description: description[language] }),
    datasource,
    targets: queries.map((query, index) => renderQuery(query, index, kind, language)),
  }
  switch (panel.kind) {
    case 'lines':
      return {
        type: 'timeseries',
        ...common,
        fieldConfig: {
          defaults: { ...defaults, color: { mode: 'palette-classic' }, custom: lineStyle(panel.isStacked === true) },
          overrides: [],
        },
        options: {
          legend: { calcs: ['lastNotNull'], displayMode: 'list', placement: 'bottom', showLegend: true },
          tooltip: { mode: 'multi', sort: 'desc' },
        },
      }
    case 'number': {
      const { steps = plain, words = [], decimals } = panel
      return {
        type: 'stat',
        ...common,
        fieldConfig: {
          defaults: {
            ...defaults,
            ...(decimals === undefined ? {} : { decimals }),
            color: { mode: 'thresholds' },
            mappings: mappings(words, language),
            thresholds: thresholds(steps),
          },
          overrides: [],
        },
        options: {
          colorMode: 'value',
          graphMode: words.length === 0 ? 'area' : 'none',
          justifyMode: 'auto',
          orientation: 'auto',
          reduceOptions: newest,
          textMode: 'auto',
          wideLayout: true,
        },
      }
    }
    case 'bars':
      return {
        type: 'bargauge',
        ...common,
        fieldConfig: {
          defaults: { ...defaults, color: { mode: 'thresholds' }, thresholds: thresholds(panel.steps ?? plain) },
          overrides: [],
        },
        options: {
          displayMode: 'gradient',
          minVizHeight: 16,
          minVizWidth: 8,
          namePlacement: 'auto',
          orientation: 'horizontal',
          reduceOptions: newest,
          showUnfilled: true,
          sizing: 'auto',
          valueMode: 'color',
        },
      }
    case 'heat':
      return {
        type: 'heatmap',
        ...common,
        fieldConfig: {
          defaults: { custom: { hideFrom: { legend: false, tooltip: false, viz: false } } },
          overrides: [],
        },
        options: {
          calculate: false,
          cellGap: 1,
          color: { mode: 'scheme', scheme: 'Oranges', steps: 64, exponent: 0.5, fill: 'dark-orange', reverse: false },
          filterValues: { le: 1e-9 },
          legend: { show: true },
          rowsFrame: { layout: 'auto' },
          tooltip: { mode: 'single', yHistogram: false },
          yAxis: { axisPlacement: 'left', reverse: false, unit },
        },
      }
    case 'table':
      return {
        type: 'table',
        ...common,
        fieldConfig: { defaults: { ...defaults, custom: { align: 'auto', filterable: true } }, overrides: [] },
        options: {
          cellHeight: 'sm',
          footer: { show: false, reducer: [], countRows: false, fields: '' },
          showHeader: true,
        },
        transformations: onlyColumns(panel.columns, language),
      }
  }
}

/** Of a table the columns that are named, in their order. */
function onlyColumns(named: Readonly<Record<string, Text>>, language: Language): readonly object[] {
  const names = Object.keys(named)
  return [
    { id: 'filterFieldsByName', options: { include: { names } } },
    {
      id: 'organize',
      options: {
        excludeByName: {},
        indexByName: Object.fromEntries(names.map((name, index) => [name, index])),
        renameByName: Object.fromEntries(Object.entries(named).map(([name, text]) => [name, text[language]])),
      },
    },
  ]
}

const lineStyle = (isStacked: boolean) => ({
  axisPlacement: 'auto',
  drawStyle: 'line',
  fillOpacity: isStacked ? 40 : 8,
  gradientMode: 'none',
  lineInterpolation: 'linear',
  lineWidth: isStacked ? 1 : 2,
  pointSize: 4,
  scaleDistribution: { type: 'linear' },
  showPoints: 'never',
  spanNulls: false,
  stacking: { group: 'A', mode: isStacked ? 'normal' : 'none' },
  thresholdsStyle: { mode: 'off' },
})
