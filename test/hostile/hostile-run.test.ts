import { describeHostileRun } from './hostile-run.ts';
import { steps } from '../e2e/scripts.ts';

describeHostileRun({ driver: 'anthropic', script: (commands) => steps(...commands) });
