/**
 * The longest that anything is waited for: a day. A timer of Node that is asked for more than 2^31-1 ms (24.8 days)
 * fires after one millisecond instead, so every duration that becomes a timer has this for its maximum.
 */
export const longestSeconds = 86_400;
export const longestMs = longestSeconds * 1000;
