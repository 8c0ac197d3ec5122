/** What a script answers where the marker names another store than the caller serves, or none. */
export const OTHER_STORE = -2
/** What a claim answers where the scope was claimed before and the numbers of its epochs and events are gone. */
export const NUMBERS_MISSING = -3
