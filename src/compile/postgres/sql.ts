/** The schema of rows whose key is too long for an index; each of its tables is a part of the report's own. */
export const LONG_SCHEMA = 'daily_report_long';
/** The schema of what the sink keeps for itself. */
export const OWN_SCHEMA = 'daybook';
/** The role that reads the reports and nothing else. It cannot log in: it is granted to those that do. */
export const READER_ROLE = 'daily_report_reader';
/** The column of a row's version: the frame that it is as of. */
export const FRAME = 'frame';
/** The column by which a row of the long schema is known: SHA-256 of its dimensions. */
export const KEY_HASH = 'key_hash';

/** The collation by which texts are sorted for readers. */
export const READING_ORDER = 'reading_order';
