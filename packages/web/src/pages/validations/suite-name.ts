import type { Catalogue } from '../../i18n/catalogue.js'

/** What a suite is called; `declared` is that of the project. */
export const suiteName = (suite: string, t: Catalogue): string => (suite === 'declared' ? t.validation.declared : suite)
