/**
 * How long a test waits for what it waits for. Whatever is at work gets there much sooner, also on a machine that is many times slower:
 * the limit is for what hangs, and is only below that of a test so that it can say what was waited for.
 */
export const longestWaitMs = 300_000
