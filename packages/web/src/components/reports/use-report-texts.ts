import { useI18n } from '../../i18n/use-i18n.jsx'
import { reportTexts as en, type ReportTexts } from './report-texts-en.js'
import { reportTexts as fr } from './report-texts-fr.js'

export type { ReportTexts } from './report-texts-en.js'

/** The texts of reports in the language of the page. */
export function useReportTexts(): ReportTexts {
  return useI18n().language === 'fr' ? fr : en
}
