/**
 * The texts that load with the pages that show them. A part holds one or more keys of the catalogue; a key stands in one
 * part only. The route of a page names its parts (`app/router.tsx`); `parts.test.ts` finds the ones it forgot.
 *
 * To add texts of a new area: `texts/<area>/en.ts` and `fr.ts`, an entry here, and its name at the routes of its pages.
 */
export const parts = {
  runs: {
    en: async () => (await import('./texts/runs/en.js')).en,
    fr: async () => (await import('./texts/runs/fr.js')).fr,
  },
  data: {
    en: async () => (await import('./texts/data/en.js')).en,
    fr: async () => (await import('./texts/data/fr.js')).fr,
  },
  models: {
    en: async () => (await import('./texts/models/en.js')).en,
    fr: async () => (await import('./texts/models/fr.js')).fr,
  },
  features: {
    en: async () => (await import('./texts/features/en.js')).en,
    fr: async () => (await import('./texts/features/fr.js')).fr,
  },
  flows: {
    en: async () => (await import('./texts/flows/en.js')).en,
    fr: async () => (await import('./texts/flows/fr.js')).fr,
  },
  lineage: {
    en: async () => (await import('./texts/lineage/en.js')).en,
    fr: async () => (await import('./texts/lineage/fr.js')).fr,
  },
  traces: {
    en: async () => (await import('./texts/traces/en.js')).en,
    fr: async () => (await import('./texts/traces/fr.js')).fr,
  },
  serving: {
    en: async () => (await import('./texts/serving/en.js')).en,
    fr: async () => (await import('./texts/serving/fr.js')).fr,
  },
  metrics: {
    en: async () => (await import('./texts/metrics/en.js')).en,
    fr: async () => (await import('./texts/metrics/fr.js')).fr,
  },
  monitoring: {
    en: async () => (await import('./texts/monitoring/en.js')).en,
    fr: async () => (await import('./texts/monitoring/fr.js')).fr,
  },
  trash: {
    en: async () => (await import('./texts/trash/en.js')).en,
    fr: async () => (await import('./texts/trash/fr.js')).fr,
  },
  settings: {
    en: async () => (await import('./texts/settings/en.js')).en,
    fr: async () => (await import('./texts/settings/fr.js')).fr,
  },
  access: {
    en: async () => (await import('./texts/access/en.js')).en,
    fr: async () => (await import('./texts/access/fr.js')).fr,
  },
  login: {
    en: async () => (await import('./texts/login/en.js')).en,
    fr: async () => (await import('./texts/login/fr.js')).fr,
  },
} as const

export type PartName = keyof typeof parts
