import { runCommandLine } from './command-line.ts'
import { reportFailure } from './report-failure.ts'

try {
  await runCommandLine(process.argv.slice(2))
} catch (error) {
  reportFailure(error)
  // Whatever is still open must not keep a failed command alive.
  process.exit(1)
}
