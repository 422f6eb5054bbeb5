import type { ModelVersion, Snapshot } from '@fabrique/contract'
import { NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { useExplainTexts } from './explain-texts.js'

interface RowsFieldProps {
  readonly version: ModelVersion
  readonly label: string
  /** What '' stands for. */
  readonly testRows: string
  readonly value: string
  readonly error?: string | undefined
  readonly onChange: (snapshot: string) => void
}

/** Which rows are asked about: test rows, or those of a snapshot of the same dataset. Where none is known it is typed. */
export function RowsField({ version, label, testRows, value, error, onChange }: RowsFieldProps) {
  const { t, f } = useI18n()
  const words = useExplainTexts().start
  const own = useOwnSnapshot(version)
  const others = useQuery({
    ...queries.snapshots(own?.project ?? '', own?.dataset ?? ''),
    enabled: own !== undefined,
  }).data?.items
  if (version.snapshot_id === undefined) {
    return (
      <TextInput
        id="explain-snapshot"
        label={words.reference}
        description={words.referenceHelp}
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        value={value}
        error={error}
        autoComplete="off"
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    )
  }
  const listed = (others ?? []).map(({ id, created_at, row_count, dataset }) => ({
    value: id,
    label: words.snapshotOf(dataset, f.moment(created_at), t.common.rows(row_count)),
  }))
  const isListed = value === '' || listed.some((each) => each.value === value)
  return (
    <NativeSelect
      id="explain-snapshot"
      label={label}
      description={words.fromHelp}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      value={value}
      data={[{ value: '', label: testRows }, ...listed, ...(isListed ? [] : [{ value, label: value }])]}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}

/** The snapshot that the version learnt from, where it is known and still there. */
export function useOwnSnapshot({ snapshot_id: id = '' }: ModelVersion): Snapshot | undefined {
  return useQuery({ ...queries.snapshot(id), enabled: id !== '' }).data
}
