import type { RegisteredModelDetail } from '@fabrique/contract'
import { ActionIcon, Button, Menu } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { queries } from '../../api/queries.js'
import { useChange } from '../../api/use-change.js'
import { ConfirmDialog } from '../../components/confirm-dialog.jsx'
import { EditableText } from '../../components/editable-text.jsx'
import { Icon } from '../../components/icon.jsx'
import { Load } from '../../components/load.jsx'
import { Page } from '../../components/page.jsx'
import { Tabs } from '../../components/tabs.jsx'
import { TagEditor } from '../../components/tag-editor.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { TrainModel } from '../train/train-again.jsx'
import { AliasHistory } from './alias-history.jsx'
import { AliasTable } from './alias-table.jsx'
import { ModelChanges } from './model-changes.jsx'
import { MoveAlias } from './move-alias.jsx'
import { VersionTable } from './version-table.jsx'

const route = getRouteApi(patterns.model)
const aliasTopics = ['models', 'endpoints', 'loops', 'status']

/** One model: its versions, and which of them its aliases meant when. */
export function ModelPage() {
  const { t } = useI18n()
  const { model: name } = route.useParams()
  const { tab = 'versions' } = route.useSearch()
  const navigate = useNavigate()
  const query = useQuery(queries.model(name))
  const [isMoving, setIsMoving] = useState(false)
  const [told, tell] = useState('')
  const describe = useChange(
    (description: string) => call('updateModel', { params: { model: name }, body: { description } }),
    ['models'],
  )
  const rename = useChange(
    (wanted: string) => call('updateModel', { params: { model: name }, body: { name: wanted } }),
    aliasTopics,
    (renamed) => navigate({ to: paths.model({ model: renamed.name }), replace: true } as never),
  )
  const model = query.data
  const page = paths.model({ model: name })
  return (
    <Page
      title={name}
      crumbs={[{ label: t.models.title, to: paths.models() }]}
      rename={model === undefined ? undefined : { label: t.models.modelName, value: name, onSave: rename.mutateAsync }}
      actions={
        model !== undefined && (
          <>
            <TrainVersion model={model} />
            {model.versions.length > 0 && <Button onClick={() => setIsMoving(true)}>{t.models.moveAlias}</Button>}
            <ModelMenu model={model} />
          </>
        )
      }
    >
      <p role="status" className={told === '' ? 'visually-hidden' : 'tone-ok'}>
        {told}
      </p>
      <Load query={query} lines={8}>
        {(loaded) => (
          <>
            <div className="columns">
              <EditableText
                label={t.edit.description}
                value={loaded.description}
                empty={t.edit.noDescription}
                onSave={describe.mutateAsync}
              />
              <ModelTags model={loaded} />
            </div>
            <Tabs
              label={t.models.tabs.label}
              current={tab}
              tabs={[
                { id: 'versions', label: t.models.tabs.versions, to: page },
                { id: 'changes', label: t.models.tabs.changes, to: page, search: { tab: 'changes' } },
              ]}
            />
            {tab === 'changes' ? (
              <ModelChanges model={name} />
            ) : (
              <div className="stack" style={{ gap: 32 }}>
                <AliasTable model={loaded} onTold={tell} />
                <VersionTable model={loaded} />
                <AliasHistory model={name} history={loaded.alias_history} />
              </div>
            )}
            {isMoving && (
              <MoveAlias
                model={loaded}
                onClose={() => setIsMoving(false)}
                onMoved={({ alias, to_version: version = '' }) => {
                  setIsMoving(false)
                  tell(t.models.aliasMoved(alias, version))
                }}
              />
            )}
          </>
        )}
      </Load>
    </Page>
  )
}

/** The way to another version of it: the training that made the newest. */
function TrainVersion({ model }: { readonly model: RegisteredModelDetail }) {
  const run = model.versions.find(({ run_id }) => run_id !== undefined)?.run_id
  return run === undefined ? null : <TrainModel run={run} />
}

function ModelTags({ model }: { readonly model: RegisteredModelDetail }) {
  const { t } = useI18n()
  const setTag = useChange(
    ({ key, value }: { readonly key: string; readonly value: string | null }) =>
      value === null
        ? call('deleteModelTag', { params: { model: model.name, key }, body: {} })
        : call('setModelTag', { params: { model: model.name, key }, body: { value } }),
    ['models'],
  )
  return (
    <section className="stack-tight" aria-label={t.models.tags}>
      <TagEditor tags={model.tags} onChange={(key, value) => setTag.mutateAsync({ key, value })} />
    </section>
  )
}

/** Deleting a model cannot be undone: its name has to be typed. */
function ModelMenu({ model }: { readonly model: RegisteredModelDetail }) {
  const { t } = useI18n()
  const navigate = useNavigate()
  const [isDeleting, setDeleting] = useState(false)
  const remove = useChange(
    (reason: string) => call('deleteModel', { params: { model: model.name }, body: { reason } }),
    aliasTopics,
    () => navigate({ to: paths.models() } as never),
  )
  const aliases = Object.keys(model.aliases)
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" aria-label={t.edit.moreActions}>
            <Icon name="more" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown aria-label={t.edit.moreActions}>
          <Menu.Item leftSection={<Icon name="trash" size={14} />} onClick={() => setDeleting(true)}>
            {t.models.deleteModel}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {isDeleting && (
        <ConfirmDialog
          title={t.models.deleteTitle(model.name)}
          confirmLabel={t.edit.deleteForGood}
          mustType={model.name}
          reason={{}}
          isDangerous
          isPending={remove.isPending}
          error={remove.error}
          onConfirm={(reason) => remove.mutate(reason)}
          onClose={() => setDeleting(false)}
        >
          <p>{t.models.deleteText(model.version_count)}</p>
          {aliases.length > 0 && (
            <p className="tone-warning">{t.models.deleteAliases(aliases.map((alias) => `@${alias}`).join(', '))}</p>
          )}
        </ConfirmDialog>
      )}
    </>
  )
}
