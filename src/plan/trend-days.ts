/** A longer range has a trend of its last days alone: one mistyped year makes a range of thousands. */
export const TREND_DAYS_MAX = 400;
