import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { send } from '../../api/client.js'
import { Load } from '../../components/load.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { imageTypes } from './artifact-tree.js'

/** An image, as the server sends it as plain bytes: a picture cannot run anything, whatever it holds. */
export function ArtifactImage({ address, path }: { readonly address: string; readonly path: string }) {
  const { t } = useI18n()
  const type = imageTypes[path.split('.').at(-1)?.toLowerCase() ?? ''] ?? 'image/png'
  const query = useQuery({
    queryKey: ['artifact', address, 'image'],
    queryFn: async ({ signal }) => new Blob([await (await send(address, { signal })).arrayBuffer()], { type }),
  })
  return <Load query={query}>{(blob) => <Picture blob={blob} label={t.run.previewOf(path)} />}</Load>
}

function Picture({ blob, label }: { readonly blob: Blob; readonly label: string }) {
  const [source, setSource] = useState<string>()
  useEffect(() => {
    const address = URL.createObjectURL(blob)
    setSource(address)
    return () => URL.revokeObjectURL(address)
  }, [blob])
  return source === undefined ? null : <img className="artifact-image" src={source} alt={label} />
}
