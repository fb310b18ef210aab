/** How much is logged: the value, and all that is more important. */
export const E_SV_LOG_LEVEL = {
  /** Everything. */
  VERB: 1,
  /** Information. */
  INFO: 2,
  /** Milestones. */
  MAIN: 3,
  /** Warnings. */
  WARN: 4,
  /** Errors. */
  ERROR: 5,
  /** Nothing is logged. */
  DISABLE: 6,
} as const;
export type E_SV_LOG_LEVEL = (typeof E_SV_LOG_LEVEL)[keyof typeof E_SV_LOG_LEVEL];

export const {
  VERB: E_LOG_LEVEL_VERB,
  INFO: E_LOG_LEVEL_INFO,
  MAIN: E_LOG_LEVEL_MAIN,
  WARN: E_LOG_LEVEL_WARN,
  ERROR: E_LOG_LEVEL_ERROR,
  DISABLE: E_LOG_LEVEL_DISABLE,
} = E_SV_LOG_LEVEL;

/** Where the log goes: bits that may be or-ed. */
export const SV_LOG_OUTPUT_MODE = {
  NONE: 0,
  CONSOLE: 1,
  FILE: 2,
} as const;

export const {
  NONE: SV_LOG_OUTPUT_MODE_NONE,
  CONSOLE: SV_LOG_OUTPUT_MODE_CONSOLE,
  FILE: SV_LOG_OUTPUT_MODE_FILE,
} = SV_LOG_OUTPUT_MODE;
