import type { Shape } from '../../shape.js'
import type { en } from './en.js'

/** Les textes de la page de connexion. */
export const fr: Shape<typeof en> = {
  login: {
    title: 'Connexion',
    name: 'Nom d’utilisateur',
    password: 'Mot de passe',
    again: 'Mot de passe, encore une fois',
    differ: 'Les deux mots de passe diffèrent',
    submit: 'Se connecter',
    showPassword: 'Montrer le mot de passe',
    firstTitle: 'Créer le premier administrateur',
    firstText:
      'Dès lors, tout le monde se connecte. Les autres utilisateurs sont créés par les administrateurs : fabrique users add.',
    firstSubmit: 'Créer cet administrateur',
    passwordHelp: 'Au moins 15 caractères que personne ne devine, par exemple quatre ou cinq mots',
    nameHelp: 'Par exemple anna, ou anna@example.org',
    linkNeeded: 'Ce serveur n’a pas encore d’utilisateurs',
    linkNeededText:
      'Son terminal montre un lien qui crée le premier administrateur, pendant 15 minutes après le démarrage. Redémarrez-le pour en avoir un autre.',
    open: 'Personne n’a besoin de se connecter ici',
    openText: 'Ce serveur n’a pas d’utilisateurs. Le premier, un administrateur, se crée dans un terminal :',
    known: (name) => `Vous êtes connecté en tant que ${name}.`,
    toPages: 'Aller aux pages',
  },
}
