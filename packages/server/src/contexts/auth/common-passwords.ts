/**
 * What people take first, without digits, signs and repetitions: a long password that is one of these with more of the same around it is
 * guessed as soon as the word itself.
 */
export const commonPasswords: ReadonlySet<string> = new Set(
  `password passwort motdepasse admin administrator administrateur root user guest test testing changeme change letmein welcome bienvenue
  secret default login qwerty qwertyuiop qwertz azerty azertyuiop asdf asdfgh asdfghjkl zxcvbn zxcvbnm qazwsx qazwsxedc abc abcd abcdef
  abcdefgh abcdefghijkl abcdefghijklmnop iloveyou jetaime soleil bonjour doudou loulou chouchou marseille princess princesse sunshine
  monkey dragon football baseball basketball superman batman pokemon starwars master shadow michael jordan hunter killer trustno trustnoone
  freedom whatever computer ordinateur internet server serveur mlflow fabrique prefect airflow bentoml postgres postgresql kubernetes docker
  machinelearning correcthorsebatterystaple thisisapassword mypassword mysecretpassword supersecretpassword passwordpassword nopassword`
    .split(/\s+/)
    .filter((word) => word !== ''),
)
