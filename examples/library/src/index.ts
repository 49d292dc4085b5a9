export { add, subtract } from './arithmetic.ts';
export { formatDuration } from './format.ts';
export { parseDuration } from './parse.ts';
// More of the library is exported here:
