const adjectives =
  'able agile amber brave bright brisk calm casual clean clever crisp curious daring deep eager fair fancy fine gentle glad golden grand happy hardy honest humble jolly keen kind lively lucky lunar merry mighty misty modest noble patient placid polite proud quick quiet rapid rare royal rustic serene sharp silent sleek smooth solid spry steady stoic sunny swift tidy tough upbeat valiant vivid warm wise witty zesty'.split(
    ' ',
  )
const nouns =
  'ant auk badger bass bat bear bee bird boar bug calf carp cat chimp cod colt conch cow crab crane crow cub deer dog dove duck eel elk finch fish fly foal fowl fox frog gnat gnu goat goose grouse gull hare hawk hen hog horse hound jay kit koi lamb lark lynx mare mink mole moose moth mouse mule newt owl perch pug quail ram rat ray robin roo seal shad shark sheep shrew shrike skink sloth smelt snail snipe squid stag stork swan toad trout wasp whale wolf worm wren'.split(
    ' ',
  )

/** A name as `calm-heron-412` from 32 random hex digits. */
export function randomRunName(hex: string): string {
  const part = (start: number, count: number) => Number.parseInt(hex.slice(start, start + 6), 16) % count
  return `${adjectives[part(0, adjectives.length)]}-${nouns[part(8, nouns.length)]}-${part(26, 1000)}`
}
