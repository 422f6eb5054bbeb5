import { type ParameterTable, parameter } from '../parameters/parameter-spec.js'

export interface NeighborsParameters {
  readonly nNeighbors: number
  readonly weights: 'uniform' | 'distance'
  readonly metric: 'euclidean' | 'manhattan'
}

export const neighborsParameters: ParameterTable<NeighborsParameters> = {
  nNeighbors: parameter('integer', {
    name: 'nNeighbors',
    sklearnName: 'n_neighbors',
    default: 5,
    min: 1,
    max: 10_000,
    search: { low: 1, high: 50, isLog: true },
    description: { en: 'Number of neighbours that vote', fr: 'Nombre de voisins qui votent' },
  }),
  weights: parameter('choice', {
    name: 'weights',
    sklearnName: 'weights',
    default: 'uniform',
    choices: ['uniform', 'distance'],
    description: {
      en: 'Neighbours count alike, or by the inverse of their distance',
      fr: 'Les voisins comptent de même, ou selon l’inverse de leur distance',
    },
  }),
  metric: parameter('choice', {
    name: 'metric',
    sklearnName: 'metric',
    default: 'euclidean',
    choices: ['euclidean', 'manhattan'],
    description: { en: 'How distance is measured', fr: 'Comment la distance est mesurée' },
  }),
}
