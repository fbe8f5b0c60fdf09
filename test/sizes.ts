/**
 * How much the long tests do: enough to find what breaks often in every build, the full figures with
 * `RYORITSU_SIZES=full` (`npm run test:full`).
 */
const isFull = process.env.RYORITSU_SIZES === 'full'

const size = (ci: number, full: number): number => (isFull ? full : ci)

/** requests of each kind that the fuzz test sends */
export const fuzzRounds = size(150, 5_000)

/** how often a gateway under load is killed */
export const killRounds = size(20, 100)

/** rounds on one home before a fresh one is filled: what is looked at after each kill grows with the home */
export const killRoundsPerHome = 20

/** how often a gateway is killed while it starts on an empty home */
export const killedFirstStarts = size(5, 25)

/** how often a command is killed while it rotates the master key */
export const killedRotations = size(3, 25)

/** deposits, and as many disclosures, whose way to the disk is traced */
export const tracedAnswers = 200

/** for one file of long tests */
export const minutesPerFile = size(10, 40)

/** ids of records, roles, forms and the like that are tried in every path, of each sort */
export const idsOfOtherSorts = size(2, 1_000)

/** forms of any shape, each with a response that is broken in every way */
export const responsesOfAnyForm = size(400, 10_000)

/** The environment for programs of the project: a gateway refuses settings that it does not know, this one too. */
export function childEnvironment(): NodeJS.ProcessEnv {
  const { RYORITSU_SIZES: _, ...own } = process.env
  return own
}
