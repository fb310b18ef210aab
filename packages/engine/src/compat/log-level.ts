/** Levels of the log: a level includes all that is more important. */
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
  /** {@link E_SV_LOG_LEVEL}: `VERB`. */
  VERB: E_LOG_LEVEL_VERB,
  /** {@link E_SV_LOG_LEVEL}: `INFO`. */
  INFO: E_LOG_LEVEL_INFO,
  /** {@link E_SV_LOG_LEVEL}: `MAIN`. */
  MAIN: E_LOG_LEVEL_MAIN,
  /** {@link E_SV_LOG_LEVEL}: `WARN`. */
  WARN: E_LOG_LEVEL_WARN,
  /** {@link E_SV_LOG_LEVEL}: `ERROR`. */
  ERROR: E_LOG_LEVEL_ERROR,
  /** {@link E_SV_LOG_LEVEL}: `DISABLE`. */
  DISABLE: E_LOG_LEVEL_DISABLE,
} = E_SV_LOG_LEVEL;

/** Places that the log goes to: bits that may be or-ed. */
export const SV_LOG_OUTPUT_MODE = {
  NONE: 0,
  CONSOLE: 1,
  FILE: 2,
} as const;

export const {
  /** {@link SV_LOG_OUTPUT_MODE}: `NONE`. */
  NONE: SV_LOG_OUTPUT_MODE_NONE,
  /** {@link SV_LOG_OUTPUT_MODE}: `CONSOLE`. */
  CONSOLE: SV_LOG_OUTPUT_MODE_CONSOLE,
  /** {@link SV_LOG_OUTPUT_MODE}: `FILE`. */
  FILE: SV_LOG_OUTPUT_MODE_FILE,
} = SV_LOG_OUTPUT_MODE;
