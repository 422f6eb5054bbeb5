import { type Dashboard, linesPanel, numberPanel, projectChoice } from '../panel.js'

const chosen = 'project=~"$project"'
const perFlow = '{{project}} {{flow}}'
const ended = (more: string) => `fabrique_flow_runs_last_hour{${chosen}${more}}`

export const flowsDashboard: Dashboard = {
  uid: 'fabrique-flows',
  title: { en: 'Fabrique: flows', fr: 'Fabrique : flux' },
  description: {
    en: 'Runs of flows, what waits for a worker, and the workers',
    fr: 'Exécutions de flux, ce qui attend un worker, et les workers',
  },
  choices: [projectChoice('fabrique_flow_runs_last_hour')],
  rows: [
    {
      title: { en: 'Now', fr: 'Maintenant' },
      panels: [
        numberPanel({
          title: { en: 'Workers', fr: 'Workers' },
          unit: 'none',
          width: 4,
          steps: [
            { from: null, color: 'red' },
            { from: 1, color: 'green' },
          ],
          expr: 'max(fabrique_flow_workers)',
        }),
        numberPanel({
          title: { en: 'Slots in use', fr: 'Places occupées' },
          unit: 'percentunit',
          width: 4,
          steps: [
            { from: null, color: 'green' },
            { from: 0.8, color: 'yellow' },
            { from: 1, color: 'red' },
          ],
          expr: 'max(fabrique_flow_worker_slots_busy) / clamp_min(max(fabrique_flow_worker_slots), 1)',
        }),
        numberPanel({
          title: { en: 'Runs not over', fr: 'Exécutions non terminées' },
          unit: 'none',
          width: 4,
          expr: `sum(fabrique_flow_runs{${chosen}}) or vector(0)`,
        }),
        numberPanel({
          title: { en: 'Waiting for a worker', fr: 'En attente d’un worker' },
          unit: 'none',
          width: 4,
          expr: `sum(fabrique_flow_queue_depth{${chosen}}) or vector(0)`,
        }),
        numberPanel({
          title: { en: 'Completed in the last hour', fr: 'Réussies dans la dernière heure' },
          unit: 'none',
          width: 4,
          expr: `sum(${ended(',state="completed"')}) or vector(0)`,
        }),
        numberPanel({
          title: { en: 'Failed in the last hour', fr: 'En échec dans la dernière heure' },
          unit: 'none',
          width: 4,
          steps: [
            { from: null, color: 'green' },
            { from: 1, color: 'red' },
          ],
          expr: `sum(${ended(',state=~"failed|crashed"')}) or vector(0)`,
        }),
      ],
    },
    {
      title: { en: 'Runs', fr: 'Exécutions' },
      panels: [
        linesPanel({
          title: { en: 'Ended in the last hour, by state', fr: 'Terminées dans la dernière heure, par état' },
          unit: 'none',
          width: 12,
          min: 0,
          expr: `sum by (project, flow, state) (${ended('')})`,
          legend: `${perFlow} {{state}}`,
        }),
        linesPanel({
          title: { en: 'Mean duration', fr: 'Durée moyenne' },
          unit: 's',
          width: 12,
          min: 0,
          expr: `max by (project, flow, state) (fabrique_flow_run_duration_mean_seconds{${chosen}})`,
          legend: `${perFlow} {{state}}`,
        }),
        linesPanel({
          title: { en: 'Not over, by state', fr: 'Non terminées, par état' },
          unit: 'none',
          width: 12,
          min: 0,
          isStacked: true,
          expr: `sum by (project, flow, state) (fabrique_flow_runs{${chosen}})`,
          legend: `${perFlow} {{state}}`,
        }),
        {
          kind: 'table',
          title: { en: 'Newest end by state', fr: 'Dernière fin par état' },
          unit: 'dateTimeFromNow',
          width: 12,
          queries: [
            {
              // Grafana counts moments in milliseconds.
              expr: `1000 * max by (project, flow, state) (fabrique_flow_last_ended_timestamp_seconds{${chosen}})`,
              legend: '',
            },
          ],
          columns: {
            project: { en: 'project', fr: 'projet' },
            flow: { en: 'flow', fr: 'flux' },
            state: { en: 'state', fr: 'état' },
            Value: { en: 'ended', fr: 'fin' },
          },
        },
      ],
    },
    {
      title: { en: 'Queue and workers', fr: 'File et workers' },
      panels: [
        linesPanel({
          title: { en: 'Runs waiting for a worker', fr: 'Exécutions en attente d’un worker' },
          unit: 'none',
          width: 8,
          min: 0,
          expr: `max by (project, flow) (fabrique_flow_queue_depth{${chosen}})`,
          legend: perFlow,
        }),
        linesPanel({
          title: { en: 'Longest wait', fr: 'Attente la plus longue' },
          unit: 's',
          width: 8,
          min: 0,
          expr: `max by (project, flow) (fabrique_flow_queue_oldest_seconds{${chosen}})`,
          legend: perFlow,
        }),
        {
          kind: 'lines',
          title: { en: 'Slots of the workers', fr: 'Places des workers' },
          unit: 'none',
          width: 8,
          min: 0,
          queries: [
            { expr: 'max(fabrique_flow_worker_slots)', legend: { en: 'slots', fr: 'places' } },
            { expr: 'max(fabrique_flow_worker_slots_busy)', legend: { en: 'in use', fr: 'occupées' } },
          ],
        },
      ],
    },
  ],
}
