import { Button } from '@mantine/core'
import { useI18n } from '../i18n/use-i18n.jsx'

interface PagerProps {
  /** Rows before those that are shown. */
  readonly offset: number
  readonly shown: number
  readonly total: number
  readonly pageSize: number
  /** `undefined` is the beginning. */
  readonly onMove: (offset: string | undefined) => void
}

/** Steps through pages of rows; nothing where one page holds them all. */
export function Pager({ offset, shown, total, pageSize, onMove }: PagerProps) {
  const { t } = useI18n()
  if (offset === 0 && shown >= total) return null
  return (
    <div className="row">
      <Button
        variant="default"
        disabled={offset === 0}
        onClick={() => onMove(offset > pageSize ? String(offset - pageSize) : undefined)}
      >
        {t.common.previousRows}
      </Button>
      <Button variant="default" disabled={offset + shown >= total} onClick={() => onMove(String(offset + pageSize))}>
        {t.common.nextRows}
      </Button>
    </div>
  )
}
