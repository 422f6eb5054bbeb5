import { loggedMetricNames, type Promotion } from '@fabrique/contract'
import { defaultMetric, type LearningTask, metricDirection } from '@fabrique/ml'
import type { Comparison, Reason } from './comparison.js'

/** The rule that a project has in code. It sees the metrics of both tasks; those of the other are NaN. */
export type PromotionRule = (promotion: Promotion<'classification'> & Promotion<'regression'>) => boolean

/** Who says whether a version becomes champion. */
export type PromotionMode =
  | { readonly kind: 'always' }
  /** When its metric is at least as good; accuracy or r2 without. */
  | { readonly kind: 'if_better'; readonly metric?: string | undefined }
  /** The project; undefined where this worker has not loaded it. */
  | { readonly kind: 'rule'; readonly rule: PromotionRule | undefined }

export interface PromotionDecision extends Reason {
  readonly promoted: boolean
}

/** A version that may become champion, and what is known of the one that is. */
export interface PromotionCase {
  readonly mode: PromotionMode
  readonly task: LearningTask
  readonly version: string
  /** The metrics of its run; those of folds too. */
  readonly metrics: Readonly<Record<string, number>>
  /** The version that is champion now; undefined for none. */
  readonly champion: string | undefined
  readonly comparison: Comparison | undefined
}

/** Whether a version becomes champion, and why. The first one always does; one whose champion could not be scored only when told so. */
export function decidePromotion(given: PromotionCase): PromotionDecision {
  const { mode, version, champion, comparison, task } = given
  if (champion === undefined) return yes('First version', 'Première version')
  if (champion === version) return yes('It is the champion already', 'C’est déjà la championne')
  if (mode.kind === 'always') return yes(...withFigures('Promoted as asked', 'Promue comme demandé', given))
  if (comparison === undefined || comparison.version !== champion) return championMoved(champion)
  if (comparison.kind === 'unscored') {
    const { reason, reason_fr } = comparison.why
    return no(
      `Not promoted: the champion, version ${champion}, cannot be compared: ${reason}`,
      `Pas promue : la championne, version ${champion}, n’est pas comparable : ${reason_fr}`,
    )
  }
  if (mode.kind === 'rule') return decideByRule(mode.rule, given, comparison)
  const metric = mode.metric ?? defaultMetric(task)
  const [candidate, before] = [comparison.candidate[metric], comparison.champion[metric]]
  if (candidate === undefined || before === undefined) {
    const known = Object.keys(comparison.candidate).join(', ')
    return no(
      `Not promoted: there is no metric ${metric} of both; there are ${known}`,
      `Pas promue : il n’y a pas de métrique ${metric} des deux ; il y a ${known}`,
    )
  }
  const isBetter = metricDirection(metric) === 'maximise' ? candidate >= before : candidate <= before
  return isBetter
    ? yes(...withFigures('Promoted', 'Promue', given, metric))
    : no(...withFigures('Not promoted', 'Pas promue', given, metric))
}

/** The decision for a version whose champion was replaced while it was trained. */
export function championMoved(champion: string | undefined): PromotionDecision {
  return champion === undefined
    ? no('Not promoted: the champion was removed meanwhile', 'Pas promue : la championne a été retirée entre-temps')
    : no(
        `Not promoted: version ${champion} became champion meanwhile, and was not compared`,
        `Pas promue : la version ${champion} est devenue championne entre-temps, et n’a pas été comparée`,
      )
}

function decideByRule(
  rule: PromotionRule | undefined,
  given: PromotionCase,
  scored: Extract<Comparison, { kind: 'scored' }>,
): PromotionDecision {
  if (rule === undefined) {
    return no(
      'Not promoted: the worker that trained it has not loaded the rule of the project',
      'Pas promue : le worker qui l’a entraînée n’a pas chargé la règle du projet',
    )
  }
  try {
    // Of a candidate the rule sees what its run has too, as the metrics of folds.
    const candidate = metricsForRule({ ...given.metrics, ...scored.candidate })
    return rule({ candidate, champion: metricsForRule(scored.champion) })
      ? yes(...withFigures('Promoted by the rule of the project', 'Promue par la règle du projet', given))
      : no(...withFigures('Not promoted by the rule of the project', 'Pas promue par la règle du projet', given))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return no(
      `Not promoted: the rule of the project failed: ${reason}`,
      `Pas promue : la règle du projet a échoué : ${reason}`,
    )
  }
}

/** Logged metrics under their names in code. */
export function metricsForRule(metrics: Readonly<Record<string, number>>) {
  return {
    ...valuesOf(loggedMetricNames.classification, metrics),
    ...valuesOf(loggedMetricNames.regression, metrics),
    metrics,
  }
}

function valuesOf<Names extends Readonly<Record<keyof Names, string>>>(
  names: Names,
  metrics: Readonly<Record<string, number>>,
): { readonly [Name in keyof Names]: number } {
  const values = Object.entries<string>(names).map(([name, logged]) => [name, metrics[logged] ?? Number.NaN])
  // The entries are those of `names`, which the type of a record cannot express.
  return Object.fromEntries(values) as { readonly [Name in keyof Names]: number }
}

/** A text with both figures of a metric, where the champion has been scored. */
function withFigures(
  en: string,
  fr: string,
  { task, comparison }: PromotionCase,
  metric = defaultMetric(task),
): [reason: string, reason_fr: string] {
  if (comparison?.kind !== 'scored') return [en, fr]
  const shown = (value: number | undefined) => String(Number((value ?? Number.NaN).toPrecision(6)))
  const [candidate, champion] = [shown(comparison.candidate[metric]), shown(comparison.champion[metric])]
  const { version } = comparison
  const comma = (value: string) => value.replace('.', ',')
  return [
    `${en}: ${metric} ${candidate} against ${champion} of version ${version}`,
    `${fr} : ${metric} ${comma(candidate)} contre ${comma(champion)} de la version ${version}`,
  ]
}

function yes(reason: string, reason_fr: string): PromotionDecision {
  return { promoted: true, reason, reason_fr }
}

function no(reason: string, reason_fr: string): PromotionDecision {
  return { promoted: false, reason, reason_fr }
}
