import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { queries } from '../../api/queries.js'
import { Page } from '../../components/page.jsx'
import { Tabs } from '../../components/tabs.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { StorageTable } from './storage-table.jsx'
import { TrashList } from './trash-list.jsx'

const route = getRouteApi(patterns.trash)

/** What was deleted and can come back, and what experiments occupy. */
export function TrashPage() {
  const { t } = useI18n()
  const { tab = 'trash', kind } = route.useSearch()
  const days = useQuery(queries.status()).data?.trash_days
  const intro = days === undefined ? t.trash.intro : `${t.trash.intro} ${t.trash.erasedAfter(days)}`
  return (
    <Page title={t.trash.title} lead={<span>{intro}</span>}>
      <Tabs
        label={t.trash.tabs.label}
        current={tab}
        tabs={[
          { id: 'trash', label: t.trash.tabs.trash, to: paths.trash() },
          { id: 'storage', label: t.trash.tabs.storage, to: paths.trash(), search: { tab: 'storage' } },
        ]}
      />
      {tab === 'storage' ? <StorageTable /> : <TrashList key={kind ?? 'all'} kind={kind} />}
    </Page>
  )
}
