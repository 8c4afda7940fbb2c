/** Exit codes of all commands and programs. */

/** It worked, and what was asked for holds. */
export const EXIT_OK = 0
/** Central said no, is not reachable, what was waited for did not come, or a program failed. */
export const EXIT_FAILED = 1
/** The command line, a config or a file is wrong; nothing was sent or started. */
export const EXIT_USAGE = 2
