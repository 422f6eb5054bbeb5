import { useRouterState } from '@tanstack/react-router'
import { AppLink } from '../components/app-link.jsx'
import { Icon, type IconName } from '../components/icon.jsx'
import { useI18n } from '../i18n/use-i18n.jsx'
import { type AppPath, paths, serverPages } from '../routing/paths.js'
import { useCurrentProject } from './current-project.js'
import './navigation.css'

interface Item {
  readonly label: string
  readonly icon: IconName
  readonly to: AppPath
  readonly isCurrent: (path: string) => boolean
}

function useGroups(): readonly { readonly label?: string; readonly items: readonly Item[] }[] {
  const { t } = useI18n()
  const { project, projects } = useCurrentProject()
  const hasData = project !== undefined && projects.includes(project)
  const ofProject = (label: string, icon: IconName, to: (values: { project: string }) => AppPath, pattern: RegExp) =>
    project === undefined ? [] : [{ label, icon, to: to({ project }), isCurrent: (path: string) => pattern.test(path) }]
  return [
    { items: [{ label: t.nav.overview, icon: 'overview', to: paths.home(), isCurrent: (path) => path === '/' }] },
    {
      label: t.nav.experiment,
      items: [
        {
          label: t.nav.experiments,
          icon: 'experiments',
          to: paths.experiments(),
          isCurrent: (path) => path === '/experiments',
        },
        ...ofProject(t.nav.runs, 'runs', paths.runs, /^\/p\/[^/]+\/(runs|compare)/),
        ...(hasData ? ofProject(t.nav.train, 'play', paths.train, /^\/p\/[^/]+\/train/) : []),
        {
          label: t.nav.traces,
          icon: 'trace',
          to: paths.traces(),
          isCurrent: (path) => /^\/traces/.test(path),
        },
      ],
    },
    {
      label: t.nav.data,
      items: hasData
        ? [
            ...ofProject(t.nav.datasets, 'datasets', paths.datasets, /^\/p\/[^/]+\/datasets/),
            ...ofProject(t.nav.features, 'columns', paths.features, /^\/p\/[^/]+\/(features|feature-services|look-up)/),
          ]
        : [],
    },
    {
      label: t.nav.models,
      items: [
        { label: t.nav.registry, icon: 'models', to: paths.models(), isCurrent: (path) => /^\/models/.test(path) },
      ],
    },
    {
      label: t.nav.operate,
      items: [
        {
          label: t.nav.endpoints,
          icon: 'endpoints',
          to: paths.endpoints(),
          isCurrent: (path) => /^\/endpoints/.test(path),
        },
        {
          label: t.nav.monitoring,
          icon: 'pulse',
          to: paths.monitoring(),
          isCurrent: (path) => /^\/monitoring/.test(path),
        },
        {
          label: t.nav.metrics,
          icon: 'chart',
          to: paths.metrics(),
          isCurrent: (path) => path === '/metrics-history',
        },
        { label: t.nav.flows, icon: 'flow', to: paths.flows(), isCurrent: (path) => /^\/flows/.test(path) },
        { label: t.nav.jobs, icon: 'clock', to: paths.jobs(), isCurrent: (path) => path === '/jobs' },
      ],
    },
  ]
}

/** The pages that exist, in groups. Narrow, only the icons are seen; the words stay for screen readers and as titles. */
export function Navigation({
  narrow = false,
  onNavigate,
}: {
  readonly narrow?: boolean
  readonly onNavigate?: () => void
}) {
  const { t } = useI18n()
  const path = useRouterState({ select: (state) => state.location.pathname })
  const item = ({ label, icon, to, isCurrent }: Item) => (
    <li key={label}>
      <AppLink
        to={to}
        className="nav-item"
        title={narrow ? label : undefined}
        data-current={isCurrent(path) || undefined}
        onClick={onNavigate}
      >
        <Icon name={icon} />
        <span className="nav-label">{label}</span>
      </AppLink>
    </li>
  )
  return (
    <nav aria-label={t.nav.label} className="nav" data-narrow={narrow || undefined}>
      {useGroups()
        .filter(({ items }) => items.length > 0)
        .map(({ label, items }) => (
          <div key={label ?? ''} className="nav-group">
            {label !== undefined && <p className="nav-group-label">{label}</p>}
            <ul>{items.map(item)}</ul>
          </div>
        ))}
      <div className="nav-group nav-foot">
        <ul>
          <li>
            <a className="nav-item" href={serverPages.apiDocs} title={narrow ? t.nav.apiDocs : undefined}>
              <Icon name="book" />
              <span className="nav-label">{t.nav.apiDocs}</span>
            </a>
          </li>
          {item({
            label: t.nav.trash,
            icon: 'trash',
            to: paths.trash(),
            isCurrent: (at) => at === '/trash',
          })}
          {item({
            label: t.nav.settings,
            icon: 'settings',
            to: paths.settings(),
            isCurrent: (at) => at.startsWith('/settings'),
          })}
          {item({ label: t.nav.about, icon: 'about', to: paths.about(), isCurrent: (at) => at === '/about' })}
        </ul>
      </div>
    </nav>
  )
}
