import type { Language } from '@fabrique/contract'

/** A text in the languages of the program. */
export type Text = Readonly<Record<Language, string>>

/** Units of Grafana that the dashboards use. */
export type Unit =
  | 'short'
  | 'none'
  | 'percentunit'
  | 's'
  | 'bytes'
  | 'Bps'
  | 'reqps'
  | 'ops'
  | 'rowsps'
  | 'dateTimeFromNow'

/** One PromQL query of a panel; `{{label}}` in the legend stands for the value of a label. */
export interface Query {
  readonly expr: string
  readonly legend: Text | string
}

interface PanelBase {
  readonly title: Text
  readonly description?: Text
  readonly queries: readonly Query[]
  readonly unit: Unit
  /** Of 24 columns. */
  readonly width: number
  readonly height?: number
  readonly min?: number
  readonly max?: number
}

/** From this value on a colour: the first one stands for all below the second. */
export interface Step {
  readonly from: number | null
  readonly color: 'green' | 'yellow' | 'orange' | 'red' | 'blue'
}

/** A word for a value. */
export interface Word {
  readonly value: number
  readonly text: Text
  readonly color: Step['color']
}

export type Panel =
  | (PanelBase & { readonly kind: 'lines'; readonly isStacked?: boolean })
  | (PanelBase & {
      readonly kind: 'number'
      readonly steps?: readonly Step[]
      readonly words?: readonly Word[]
      readonly decimals?: number
    })
  | (PanelBase & { readonly kind: 'bars'; readonly steps?: readonly Step[] })
  | (PanelBase & { readonly kind: 'heat' })
  | (PanelBase & { readonly kind: 'table'; readonly columns: Readonly<Record<string, Text>> })

type OneQuery<Kind extends Panel['kind']> = Omit<Extract<Panel, { readonly kind: Kind }>, 'kind' | 'queries'> & {
  readonly expr: string
}

/** The number that one query answers. */
export const numberPanel = ({ expr, ...panel }: OneQuery<'number'>): Panel => ({
  ...panel,
  kind: 'number',
  queries: [{ expr, legend: '' }],
})

/** The lines that one query answers. */
export const linesPanel = ({ expr, legend, ...panel }: OneQuery<'lines'> & Pick<Query, 'legend'>): Panel => ({
  ...panel,
  kind: 'lines',
  queries: [{ expr, legend }],
})

export interface Row {
  readonly title: Text
  readonly panels: readonly Panel[]
}

/** A choice at the top of a dashboard: the values of a label. */
export interface Choice {
  readonly name: string
  readonly label: Text
  readonly query: string
}

export interface Dashboard {
  readonly uid: string
  readonly title: Text
  readonly description: Text
  readonly choices: readonly Choice[]
  readonly rows: readonly Row[]
  /** What is marked on all lines. */
  readonly marks?: readonly { readonly name: Text; readonly expr: string; readonly text: string }[]
}

/** Choices that several dashboards have. */
export const instanceChoice: Choice = {
  name: 'instance',
  label: { en: 'Instance', fr: 'Instance' },
  query: 'label_values(process_start_time_seconds, instance)',
}

const byName = (name: string, query: string, label: Text): Choice => ({ name, query, label })

export const modelChoice = byName('model', 'label_values(fabrique_model_versions, model)', {
  en: 'Model',
  fr: 'Modèle',
})

export const projectChoice = (metric: string) =>
  byName('project', `label_values(${metric}, project)`, { en: 'Project', fr: 'Projet' })
