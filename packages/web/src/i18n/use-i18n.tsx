import type { Language } from '@fabrique/contract'
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react'
import type { Catalogue } from './catalogue.js'
import { type Format, formatOf } from './format.js'
import { currentCatalogue, loadCatalogue } from './language.js'

interface I18n {
  readonly language: Language
  readonly t: Catalogue
  readonly f: Format
}

const I18nContext = createContext<I18n | undefined>(undefined)

/** Shows the texts of a language; while another one loads, those before. */
export function I18nProvider({ language, children }: { readonly language: Language; readonly children: ReactNode }) {
  const [shown, setShown] = useState(() => ({ language, t: currentCatalogue() }))
  useEffect(() => {
    if (shown.language === language) return
    let isWanted = true
    const show = (t: Catalogue) => {
      if (isWanted) setShown({ language, t })
    }
    void loadCatalogue(language).then(show)
    return () => {
      isWanted = false
    }
  }, [language, shown.language])
  const value = useMemo(() => ({ ...shown, f: formatOf(shown.language) }), [shown])
  return <I18nContext value={value}>{children}</I18nContext>
}

/** The texts and formats of the chosen language. */
export function useI18n(): I18n {
  const i18n = useContext(I18nContext)
  if (i18n === undefined) throw new Error('useI18n needs an I18nProvider above')
  return i18n
}
