import { bash } from './claude-bench.ts';
import { claudeSteps } from './claude-steps.ts';
import { describeHostileRun } from '../hostile/hostile-run.ts';
import { installClaudeCode } from './install.ts';

describeHostileRun({
  driver: 'claude-code',
  script: (commands) => claudeSteps(...commands.map(bash)),
  env: async () => ({ COPPICE_CLAUDE_CODE: await installClaudeCode() }),
});
