// Settings that make a Temporal server quick for Coppice: one list for `coppice dev`, the tests, the benches,
// deploy/temporal-dynamic-config.yaml (a test compares it) and `coppice doctor`, which names the key.

/**
 * How often per second a history shard may load tasks to hand out. A workflow waits for such a load at each of its
 * steps. The server's default is 20: 50 ms a step as soon as the shard has work for longer than a moment.
 */
export const handOutKey = 'history.transferProcessorMaxPollRPS';

/**
 * Into how many lines the server puts the tasks of a task queue: by default four, each with an order of its own. Slices
 * of agent work must be in one, so that the highest priority is first for every host. Hosts still take from the others,
 * so that what an earlier setting left there is not lost. Only for `coppice-agents` where a server takes constraints.
 */
export const linesKey = 'matching.numTaskqueueWritePartitions';

export const dynamicConfig: Readonly<Record<string, string | number | boolean>> = { [handOutKey]: 1000 };

/**
 * For a server with its data in a SQLite file: with a write-ahead log (`-wal`, `-shm`), a step costs half.
 * `synchronous=2` syncs each commit, as the default does: a power failure loses nothing.
 */
export const sqlitePragmas: Readonly<Record<string, string | number>> = { journal_mode: 'wal', synchronous: 2 };
