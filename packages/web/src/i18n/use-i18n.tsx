import type { Language } from '@fabrique/contract'
import { createContext, type ReactNode, useContext, useMemo } from 'react'
import type { Catalogue } from './catalogue.js'
import { type Format, formatOf } from './format.js'
import { catalogues } from './language.js'

interface I18n {
  readonly language: Language
  readonly t: Catalogue
  readonly f: Format
}

const I18nContext = createContext<I18n>({ language: 'en', t: catalogues.en, f: formatOf('en') })

export function I18nProvider({ language, children }: { readonly language: Language; readonly children: ReactNode }) {
  const value = useMemo(() => ({ language, t: catalogues[language], f: formatOf(language) }), [language])
  return <I18nContext value={value}>{children}</I18nContext>
}

/** The texts and formats of the chosen language. */
export function useI18n(): I18n {
  return useContext(I18nContext)
}
