import { useQuery } from '@tanstack/react-query'
import { queries } from '../api/queries.js'
import type { IconName } from '../components/icon.jsx'
import type { Catalogue } from '../i18n/catalogue.js'
import { useI18n } from '../i18n/use-i18n.jsx'
import { type AppPath, paths } from '../routing/paths.js'

/** Somewhere one can go. */
export interface Place {
  readonly kind: keyof Catalogue['palette']['kinds']
  readonly label: string
  readonly detail?: string
  readonly icon: IconName
  readonly address: AppPath
}

/** The pages that need no name of a thing. */
export function fixedPlaces(t: Catalogue): readonly Place[] {
  const page = (label: string, icon: IconName, address: AppPath): Place => ({ kind: 'page', label, icon, address })
  return [
    page(t.nav.overview, 'overview', paths.home()),
    page(t.nav.experiments, 'experiments', paths.experiments()),
    page(t.nav.registry, 'models', paths.models()),
    page(t.nav.endpoints, 'endpoints', paths.endpoints()),
    page(t.nav.monitoring, 'pulse', paths.monitoring()),
    page(t.nav.metrics, 'chart', paths.metrics()),
    page(t.nav.traces, 'trace', paths.traces()),
    page(t.nav.flows, 'flow', paths.flows()),
    page(t.nav.flowWorkers, 'flow', paths.flowWorkers()),
    page(t.nav.jobs, 'clock', paths.jobs()),
    page(t.nav.trash, 'trash', paths.trash()),
    page(t.nav.remotes, 'share', paths.remotes()),
    page(t.nav.webhooks, 'webhook', paths.webhooks()),
    page(t.nav.settings, 'settings', paths.settings()),
    page(t.account.open, 'person', paths.account()),
    page(t.nav.apiKeys, 'link', paths.keys()),
    page(t.nav.users, 'person', paths.users()),
    page(t.nav.about, 'about', paths.about()),
  ]
}

/** Every page, project, data set, feature view, flow, model and endpoint that is known now. */
export function usePlaces(): readonly Place[] {
  const { t } = useI18n()
  const projects = useQuery(queries.projects()).data?.items ?? []
  const models = useQuery(queries.models()).data?.items ?? []
  const endpoints = useQuery(queries.endpoints()).data?.items ?? []
  return [
    ...fixedPlaces(t),
    ...projects.flatMap(({ name: project, definition }): readonly Place[] => [
      { kind: 'project', label: project, detail: t.nav.runs, icon: 'runs', address: paths.runs({ project }) },
      {
        kind: 'project',
        label: project,
        detail: t.nav.datasets,
        icon: 'datasets',
        address: paths.datasets({ project }),
      },
      {
        kind: 'project',
        label: project,
        detail: t.nav.features,
        icon: 'columns',
        address: paths.features({ project }),
      },
      { kind: 'project', label: project, detail: t.nav.train, icon: 'play', address: paths.train({ project }) },
      ...definition.datasets.map(
        ({ name: dataset }): Place => ({
          kind: 'dataset',
          label: dataset,
          detail: project,
          icon: 'datasets',
          address: paths.dataset({ project, dataset }),
        }),
      ),
      ...(definition.features?.feature_views ?? []).map(
        ({ name: view }): Place => ({
          kind: 'view',
          label: view,
          detail: project,
          icon: 'columns',
          address: paths.featureView({ project, view }),
        }),
      ),
      ...(definition.flows ?? []).map(
        ({ name: flow }): Place => ({
          kind: 'flow',
          label: flow,
          detail: project,
          icon: 'flow',
          address: paths.flow({ project, flow }),
        }),
      ),
    ]),
    ...models.map(
      ({ name: model }): Place => ({ kind: 'model', label: model, icon: 'models', address: paths.model({ model }) }),
    ),
    ...endpoints.map(
      ({ model, version }): Place => ({
        kind: 'endpoint',
        label: t.endpoints.tryOf(model),
        detail: t.common.version(version),
        icon: 'endpoints',
        address: paths.tryEndpoint({ model }),
      }),
    ),
  ]
}
