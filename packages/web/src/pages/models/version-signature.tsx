import type { ArtifactEntry, ModelSignature, ModelVersion } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { apiPath } from '../../api/client.js'
import { queries } from '../../api/queries.js'
import { SignatureParts } from '../../components/files/model-file-view.jsx'
import { type ModelFile, readModelFile } from '../../components/files/read-signature.js'
import { Load } from '../../components/load.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { SignatureTable } from './signature-table.jsx'

const modelFileBytesMax = 1024 * 1024

interface VersionSignatureProps {
  readonly version: ModelVersion
  /** Absent while they are not known. */
  readonly files: readonly ArtifactEntry[] | undefined
  /** What the endpoint that serves it found in its file; absent where none does. */
  readonly served: ModelSignature | undefined
}

/** What a version takes and gives: our own signature where it has one, else what its MLmodel file or its endpoint says. */
export function VersionSignature({ version, files, served }: VersionSignatureProps) {
  const { t } = useI18n()
  const { model, version: number, signature } = version
  const file = files?.find(({ path }) => path === 'MLmodel')
  const address = apiPath('downloadVersionArtifact', { model, version: number }, { path: 'MLmodel' })
  const query = useQuery({
    ...queries.artifactText(address, file?.bytes ?? 0, modelFileBytesMax),
    enabled: signature === undefined && file !== undefined,
  })
  if (signature !== undefined || file === undefined) return <SignatureTable signature={signature ?? served} />
  return (
    <Load query={query}>
      {(text) => {
        const found = signatureOf(text)
        if (found === undefined) return <SignatureTable signature={served} />
        return (
          <section className="stack-tight">
            <h2>{t.models.signature}</h2>
            <SignatureParts signature={found} />
          </section>
        )
      }}
    </Load>
  )
}

function signatureOf(text: string): ModelFile['signature'] {
  try {
    return readModelFile(text).signature
  } catch {
    return undefined
  }
}
