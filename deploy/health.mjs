/** A container's health: whether the Daybook in it can accept records. Needs nothing but Node. */
// An empty one is none, as for Daybook.
const port = process.env.DAYBOOK_PORT || '4000';
const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
process.exitCode = answer?.ok === true ? 0 : 1;
