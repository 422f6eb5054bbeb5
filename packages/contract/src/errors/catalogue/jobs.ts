import type { ErrorSpec } from '../error-spec.js'

/** Jobs. */
export const jobErrors = {
  job_not_found: {
    status: 404,
    exit: 2,
    en: 'Job {job} does not exist',
    fr: 'La tâche {job} n’existe pas',
    hintEn: 'The list of jobs is at /api/v1/jobs',
    hintFr: 'La liste des tâches se trouve sur /api/v1/jobs',
  },
  job_is_over: {
    status: 409,
    exit: 2,
    en: 'Job {job} has ended: {state}',
    fr: 'La tâche {job} est terminée : {state}',
    hintEn: 'What has ended cannot be cancelled',
    hintFr: 'Ce qui est terminé ne peut plus être annulé',
  },
  job_cancelled: {
    status: 409,
    exit: 3,
    en: 'Job {job} was cancelled',
    fr: 'La tâche {job} a été annulée',
    hintEn: 'Nothing of it is left; start it again when it is wanted',
    hintFr: 'Il n’en reste rien ; relancez-la si vous la souhaitez encore',
  },
  job_failed: {
    status: 500,
    exit: 3,
    en: 'Job {job} failed ({code}): {reason}',
    fr: 'La tâche {job} a échoué ({code}) : {reason}',
    hintEn: 'fabrique jobs ls tells more',
    hintFr: 'fabrique jobs ls en dit plus',
  },
  job_open_already: {
    status: 409,
    exit: 2,
    en: 'Job {job} of the kind {kind} is under way for {subject}, and it was asked for something else',
    fr: 'La tâche {job} de type {kind} est en cours pour {subject}, et on lui a demandé autre chose',
    hintEn: 'Wait until it has ended, or cancel it: fabrique jobs cancel {job}',
    hintFr: 'Attendez qu’elle soit terminée, ou annulez-la : fabrique jobs cancel {job}',
  },
  job_kind_unknown: {
    status: 500,
    exit: 3,
    en: 'This worker does not know jobs of the kind {kind}',
    fr: 'Ce worker ne connaît pas les tâches de type {kind}',
    hintEn: 'Start workers and servers of the same version',
    hintFr: 'Démarrez des workers et des serveurs de la même version',
  },
  job_abandoned: {
    status: 500,
    exit: 3,
    en: 'Job {job} was given up: its worker died {attempts} times',
    fr: 'La tâche {job} a été abandonnée : son worker est mort {attempts} fois',
    hintEn: 'The log of the worker tells why; often it has too little memory',
    hintFr: 'Le journal du worker dit pourquoi ; souvent la mémoire lui manque',
  },
} as const satisfies Record<string, ErrorSpec>
