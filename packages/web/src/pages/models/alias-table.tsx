import type { AliasMove, RegisteredModelDetail } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { AppLink } from '../../components/app-link.jsx'
import { ConfirmDialog } from '../../components/confirm-dialog.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { Icon } from '../../components/icon.jsx'
import { Moment } from '../../components/moment.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { AliasPreview } from './alias-preview.jsx'

interface AliasTableProps {
  readonly model: RegisteredModelDetail
  readonly onTold: (text: string) => void
}

interface Held {
  readonly alias: string
  readonly version: string
  readonly last: AliasMove | undefined
  /** Where it pointed before its last move, if that version is still there. */
  readonly before: string | undefined
}

/** The aliases as they are now; each can go back to where it was, or be removed. */
export function AliasTable({ model, onTold }: AliasTableProps) {
  const { t } = useI18n()
  const [asked, setAsked] = useState<{ readonly what: 'rollback' | 'remove'; readonly held: Held }>()
  const versions = new Set(model.versions.map(({ version }) => version))
  const rows = Object.entries(model.aliases).map(([alias, version]): Held => {
    const last = model.alias_history.find((move) => move.alias === alias)
    const from = last?.from_version
    return { alias, version, last, before: from !== undefined && versions.has(from) ? from : undefined }
  })
  if (rows.length === 0) return null
  return (
    <section className="stack-tight">
      <h2>{t.models.aliases}</h2>
      <DataTable
        label={t.models.aliases}
        rows={rows}
        rowKey={({ alias }) => alias}
        columns={[
          { id: 'alias', header: t.models.alias, render: ({ alias }) => <span className="chip">@{alias}</span> },
          {
            id: 'version',
            header: t.models.pointsTo,
            render: ({ version }) => (
              <AppLink to={paths.modelVersion({ model: model.name, version })}>{t.common.version(version)}</AppLink>
            ),
          },
          {
            id: 'actions',
            header: t.edit.actions,
            hidesHeader: true,
            render: (held) => (
              <span className="row">
                {held.before !== undefined && (
                  <Button
                    variant="default"
                    leftSection={<Icon name="restore" size={14} />}
                    onClick={() => setAsked({ what: 'rollback', held })}
                  >
                    {t.models.rollbackTo(held.before)}
                  </Button>
                )}
                <Button variant="default" onClick={() => setAsked({ what: 'remove', held })}>
                  {t.edit.remove}
                </Button>
              </span>
            ),
          },
          {
            id: 'since',
            header: t.models.since,
            render: ({ last }) => (last === undefined ? '–' : <Moment at={last.at} />),
          },
          { id: 'by', header: t.models.movedBy, render: ({ last }) => last?.actor ?? '–' },
          { id: 'why', header: t.edit.reason, isWide: true, render: ({ last }) => last?.reason || '–' },
        ]}
      />
      {asked !== undefined && <AskAlias model={model} {...asked} onTold={onTold} onClose={() => setAsked(undefined)} />}
    </section>
  )
}

interface AskAliasProps extends AliasTableProps {
  readonly what: 'rollback' | 'remove'
  readonly held: Held
  readonly onClose: () => void
}

function AskAlias({ model, what, held: { alias, version, before = '' }, onTold, onClose }: AskAliasProps) {
  const { t } = useI18n()
  const params = { model: model.name, alias }
  const change = useChange(
    (reason: string) =>
      what === 'rollback'
        ? call('rollbackAlias', { params, body: { reason } })
        : call('deleteAlias', { params, body: { reason } }),
    ['models', 'endpoints', 'loops', 'status'],
    (move) => {
      onTold(move.to_version === undefined ? t.models.aliasRemoved(alias) : t.models.aliasMoved(alias, move.to_version))
      onClose()
    },
  )
  const label = what === 'rollback' ? t.models.rollbackOf(alias, before) : t.models.removeAlias(alias)
  return (
    <ConfirmDialog
      title={label}
      confirmLabel={label}
      reason={{}}
      isPending={change.isPending}
      error={change.error}
      onConfirm={(reason) => change.mutate(reason)}
      onClose={onClose}
    >
      {what === 'rollback' ? (
        <AliasPreview model={model} alias={alias} version={before} />
      ) : (
        <p>{t.models.removeAliasText(alias, version)}</p>
      )}
    </ConfirmDialog>
  )
}
