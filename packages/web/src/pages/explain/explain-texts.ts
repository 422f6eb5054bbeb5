import type { Language } from '@fabrique/contract'
import { use } from 'react'
import { useI18n } from '../../i18n/use-i18n.jsx'
import type { ExplainTexts } from './texts/shape.js'

export type { ExplainTexts }

const loaders: Readonly<Record<Language, () => Promise<ExplainTexts>>> = {
  en: async () => (await import('./texts/en.js')).en,
  fr: async () => (await import('./texts/fr.js')).fr,
}
const loading = new Map<Language, Promise<ExplainTexts>>()

/** The texts of explanations in the language of the reader; what shows them waits until they are there. */
export function useExplainTexts(): ExplainTexts {
  const { language } = useI18n()
  const texts = loading.get(language) ?? loaders[language]()
  loading.set(language, texts)
  return use(texts)
}

/** What a job does in a stage. */
export function stageName(texts: ExplainTexts, stage: string): string {
  const names: Readonly<Record<string, string>> = texts.job.stages
  return names[stage] ?? stage
}
