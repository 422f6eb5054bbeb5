import type { ArtifactEntry, ModelVersion } from '@fabrique/contract'
import { Snippet } from '../../components/snippet.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { loadSnippets } from './load-snippets.js'

interface HowToLoadProps {
  readonly version: ModelVersion
  readonly files: readonly ArtifactEntry[]
}

/** Code that loads a version; ways that its files do not allow are left out. */
export function HowToLoad({ version, files }: HowToLoadProps) {
  const { t } = useI18n()
  const snippets = loadSnippets(version, location.origin, onnxFile(files))
  return (
    <section className="stack">
      <h2>{t.models.howToLoad}</h2>
      <Snippet title={t.models.inPython} code={snippets.mlflow} />
      {snippets.onnxruntime !== undefined && <Snippet title={t.models.withOnnx} code={snippets.onnxruntime} />}
      {snippets.typescript !== undefined && <Snippet title={t.models.inTypeScript} code={snippets.typescript} />}
      {snippets.curl !== undefined && <Snippet title={t.models.withCurl} code={snippets.curl} />}
    </section>
  )
}

const onnxFile = (files: readonly ArtifactEntry[]): string | undefined =>
  files.find(({ path, is_folder }) => !is_folder && path.endsWith('.onnx'))?.path
