import type { ExplanationMethod } from '@fabrique/contract'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { useExplainTexts } from './explain-texts.js'

interface MethodNoteProps {
  readonly method: ExplanationMethod
  /** The mean one of a contribution, where it is estimated. */
  readonly standardError: number | undefined
}

/** How contributions were found, and how far they may be off. */
export function MethodNote({ method, standardError }: MethodNoteProps) {
  const { f } = useI18n()
  const words = useExplainTexts().contributions.method
  const text =
    method !== 'sampling'
      ? words[method]
      : standardError === undefined
        ? words.samplingPlain
        : words.sampling(f.metric(standardError))
  return <p className="muted">{text}</p>
}
