// Whether workflows stay in memory between their tasks, as they do in production, or are replayed at each of them: that
// finds code that decides differently the second time. `npm test` does the one, `npm run test:slow` the other.

const replays = process.env['COPPICE_TEST_REPLAY'] === '1';

export const maxCachedWorkflows = replays ? 0 : 100;
export const caching = replays ? 'replaying every task' : 'with cached workflows';
