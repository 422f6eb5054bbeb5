import { useI18n } from '../../i18n/use-i18n.jsx'
import { ScrollRegion } from '../scroll-region.jsx'

/** A text as it is. */
export function PlainText({ text, name }: { readonly text: string; readonly name: string }) {
  const { t } = useI18n()
  if (text === '') return <p className="muted">{t.files.empty}</p>
  return (
    <ScrollRegion label={t.run.previewOf(name)} className="file-text">
      <pre>{text}</pre>
    </ScrollRegion>
  )
}
