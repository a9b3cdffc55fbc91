/** The keyspace of records and reports. */
export const DATA_KEYSPACE = 'spark_streams';
/** The keyspace of what the sink keeps for itself. */
export const OWN_KEYSPACE = 'daybook';

/** Columns of ours begin with `_`, which no name of a definition can. */
export const BUCKET = '_bucket';
export const OFFSET = '_offset';
export const RECORD = '_record';
/** The column by which a row is known where a dimension may be null, as no part of a key can be: its dimensions as JSON. */
export const ROW_KEY = '_key';
