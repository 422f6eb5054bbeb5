import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { EmptyState } from '../../components/empty-state.jsx'
import { Load } from '../../components/load.jsx'
import { Page } from '../../components/page.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { featureQueries } from './feature-queries.js'
import { viewSnippet } from './feature-snippets.js'
import { LookUpForm } from './look-up-form.jsx'
import { readKeys, readTarget, writeTarget } from './look-up-request.js'
import { LookUpResult } from './look-up-result.jsx'
import './features.css'

const route = getRouteApi(patterns.lookUp)

/** The features of one key: what is online now, beside what they were at another moment. */
export function LookUpPage() {
  const { t } = useI18n()
  const { project } = route.useParams()
  const search = route.useSearch()
  const changeSearch = useSearchChange()
  const views = useQuery(featureQueries.views(project))
  const services = useQuery(featureQueries.services(project))
  const target = readTarget(search.of)
  const keys = readKeys(search.keys)
  const at = search.at === undefined || Number.isNaN(Date.parse(search.at)) ? undefined : search.at
  return (
    <Page
      title={t.features.lookUp.title}
      crumbs={[{ label: project }, { label: t.features.title, to: paths.features({ project }) }]}
      lead={<span>{t.features.lookUp.intro}</span>}
    >
      <Load query={views} lines={4}>
        {({ items: allViews }) => (
          <Load query={services} lines={4}>
            {({ items: allServices }) =>
              allViews.length === 0 ? (
                <EmptyState
                  title={t.features.lookUp.nothing}
                  text={t.features.emptyText}
                  snippets={[{ title: 'fabrique.config.ts', code: viewSnippet }]}
                />
              ) : (
                <>
                  <LookUpForm
                    views={allViews}
                    services={allServices}
                    asked={{ target, keys, at }}
                    onSubmit={(asked) =>
                      changeSearch(
                        { of: writeTarget(asked.target), keys: JSON.stringify(asked.keys), at: asked.at },
                        'push',
                      )
                    }
                  />
                  {target !== undefined && keys !== undefined && (
                    <LookUpResult project={project} target={target} keys={keys} at={at} />
                  )}
                </>
              )
            }
          </Load>
        )}
      </Load>
    </Page>
  )
}
