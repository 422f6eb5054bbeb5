import { useI18n } from '../i18n/use-i18n.jsx'
import { CopyButton } from './copy-button.jsx'
import { ScrollRegion } from './scroll-region.jsx'
import './snippet.css'

interface SnippetProps {
  readonly code: string
  /** What the snippet does, or the language it is in. */
  readonly title: string
  readonly hideTitle?: boolean
}

/** Commands or code to copy. */
export function Snippet({ code, title, hideTitle = false }: SnippetProps) {
  const { t } = useI18n()
  return (
    <div className="snippet">
      {!hideTitle && <p className="snippet-title">{title}</p>}
      <div className="snippet-frame">
        <ScrollRegion label={title} className="snippet-scroll">
          <pre>
            <code>{code}</code>
          </pre>
        </ScrollRegion>
        <CopyButton value={code} what={title === '' ? t.common.copy : title} />
      </div>
    </div>
  )
}
