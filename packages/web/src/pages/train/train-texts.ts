import type { EstimatorInfo, Language } from '@fabrique/contract'
import { use } from 'react'
import { useI18n } from '../../i18n/use-i18n.jsx'
import type { TrainTexts } from './texts/shape.js'

export type { TrainTexts }

const loaders: Readonly<Record<Language, () => Promise<TrainTexts>>> = {
  en: async () => (await import('./texts/en.js')).en,
  fr: async () => (await import('./texts/fr.js')).fr,
}
const loading = new Map<Language, Promise<TrainTexts>>()

/** The texts of these pages in the language of the reader; the page waits until they are there. */
export function useTrainTexts(): TrainTexts {
  const { language } = useI18n()
  const texts = loading.get(language) ?? loaders[language]()
  loading.set(language, texts)
  return use(texts)
}

/** What people call an estimator; one that has no such name keeps its own. */
export function estimatorName(texts: TrainTexts, kind: string, info?: EstimatorInfo): string {
  const names: Readonly<Record<string, readonly string[]>> = texts.estimators
  return names[kind]?.[0] ?? info?.sklearn_name ?? kind
}

/** When an estimator is a good choice. */
export function estimatorHelp(texts: TrainTexts, kind: string): string {
  const names: Readonly<Record<string, readonly string[]>> = texts.estimators
  return names[kind]?.[1] ?? ''
}

/** What people call a metric, also of the champion or of folds. */
export function metricName(texts: TrainTexts, metric: string): string {
  const names: Readonly<Record<string, string>> = texts.metrics
  return names[metric] ?? metric
}

/** What a job does in a stage. */
export function stageName(texts: TrainTexts, stage: string): string {
  const names: Readonly<Record<string, string>> = texts.run.stages
  return names[stage] ?? stage
}

/** What to do about a refusal of the numerics: its reason stands in brackets in its message. */
export function refusalHint(texts: TrainTexts, message: string): string | undefined {
  const reasons: Readonly<Record<string, string>> = texts.reasons
  const [, reason = ''] = /\(([a-z_]+)\)/.exec(message) ?? []
  return reasons[reason]
}
