import type { FeatureView } from '@fabrique/contract'
import { ActionIcon, Button, Menu } from '@mantine/core'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { AppLink } from '../../components/app-link.jsx'
import { ConfirmDialog } from '../../components/confirm-dialog.jsx'
import { Icon } from '../../components/icon.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'

const topics = ['features', 'jobs'] as const

/** Materialise, check, look up, and the way to the lineage. */
export function ViewActions({ view }: { readonly view: FeatureView }) {
  const { t } = useI18n()
  const { project, name, version, definition } = view
  return (
    <>
      {definition.online && (
        <>
          <AppLink to={paths.lookUp({ project })} search={{ of: `view:${name}` }} className="button-link">
            {t.features.view.lookUp}
          </AppLink>
          <MaterializeButton view={view} />
        </>
      )}
      <AppLink
        to={paths.lineage({ kind: 'feature_view', id: `${project}/${name}/${version}` })}
        className="button-link"
      >
        {t.features.view.lineage}
      </AppLink>
    </>
  )
}

/** Brings what is new online; in its menu, everything again. */
export function MaterializeButton({ view: { project, name } }: { readonly view: FeatureView }) {
  const { t } = useI18n()
  const words = t.features.materialize
  const [isAsking, setAsking] = useState(false)
  const start = useChange(
    ({ full, reason }: { readonly full: boolean; readonly reason: string }) =>
      call('startMaterialize', { params: { project }, body: { views: [name], full, reason } }),
    topics,
    () => setAsking(false),
  )
  return (
    <>
      <span className="row split-button">
        <Button
          variant="default"
          leftSection={<Icon name="refresh" size={14} />}
          loading={start.isPending && !isAsking}
          onClick={() => start.mutate({ full: false, reason: '' })}
        >
          {words.start}
        </Button>
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon variant="default" aria-label={t.edit.moreActions}>
              <Icon name="down" size={14} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => setAsking(true)}>{words.full}</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </span>
      {start.error !== null && !isAsking && <FailurePanel error={start.error} onRetry={() => start.reset()} />}
      {isAsking && (
        <ConfirmDialog
          title={words.full}
          confirmLabel={words.start}
          reason={{}}
          isPending={start.isPending}
          error={start.error}
          onConfirm={(reason) => start.mutate({ full: true, reason })}
          onClose={() => {
            start.reset()
            setAsking(false)
          }}
        >
          <p>{words.fullText(name)}</p>
        </ConfirmDialog>
      )}
    </>
  )
}
