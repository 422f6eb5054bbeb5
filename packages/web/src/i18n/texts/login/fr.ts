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
    oidc: (name) => `Se connecter avec ${name}`,
    oidcUnnamed: 'Se connecter avec votre organisation',
    orPassword: 'ou par nom et mot de passe',
    chooseTitle: 'Choisir un mot de passe',
    chooseText: 'Il remplace l’actuel, s’il y en a un, et termine toutes les autres sessions.',
    chooseSubmit: 'Choisir ce mot de passe',
    failures: {
      oidc_denied: {
        message: 'La connexion a été abandonnée chez le fournisseur d’identité',
        hint: 'Recommencez, et acceptez-la là-bas.',
      },
      oidc_unavailable: {
        message: 'Le fournisseur d’identité ne répond pas',
        hint: 'Réessayez dans un moment, ou connectez-vous par nom et mot de passe.',
      },
      oidc_refused: {
        message: 'Le fournisseur d’identité vous connaît, mais vous n’avez pas le droit d’utiliser ce serveur',
        hint: 'Demandez à un administrateur : le compte est désactivé ici, ou n’a pas de rôle.',
      },
      oidc_not_configured: {
        message: 'Ce serveur n’a pas de fournisseur d’identité où se connecter',
        hint: 'Connectez-vous par nom et mot de passe.',
      },
      first_user_not_admin: {
        message:
          'Ce serveur n’a pas encore d’administrateur, et le fournisseur d’identité ne fait pas de vous le premier',
        hint: 'Créez le premier administrateur avec le lien que montre le terminal du serveur.',
      },
      last_admin: {
        message: 'Pour le fournisseur d’identité vous n’êtes plus administrateur, mais vous êtes le seul ici',
        hint: 'Faites d’abord nommer un autre administrateur.',
      },
      rate_limited: { message: 'Trop de connexions depuis cette adresse', hint: 'Réessayez dans une minute.' },
      oidc_failed: {
        message: 'La réponse du fournisseur d’identité ne prouve pas qui vous êtes',
        hint: 'Recommencez d’ici. Si cela persiste, le journal du serveur dit ce qui n’allait pas.',
      },
    },
  },
}
