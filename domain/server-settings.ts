// What a Temporal server must be told for Coppice to be quick on it: one list for `coppice dev`, the tests, the benches,
// deploy/temporal-dynamic-config.yaml (a test compares it) and `coppice doctor`, which names the key.

/**
 * How often a history shard may load tasks to hand out. A workflow waits for such a load at each of its steps, and the
 * server's default is 20 a second: 50 ms a step as soon as the shard has work for longer than a moment.
 */
export const handOutKey = 'history.transferProcessorMaxPollRPS';

export const dynamicConfig: Readonly<Record<string, string | number | boolean>> = { [handOutKey]: 1000 };

/**
 * For a server with its data in a SQLite file: with a log of writes beside the file (`-wal`, `-shm`) a step costs half.
 * `synchronous=2` syncs each commit, as the default does: a power failure loses nothing.
 */
export const sqlitePragmas: Readonly<Record<string, string | number>> = { journal_mode: 'wal', synchronous: 2 };
