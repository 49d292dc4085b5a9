// What a reviewer may call: everything that looks. The run's rules hold for it, too, but nobody is asked: a review is
// worth no person's time.

import type { ToolCall } from '../../../contracts/documents/journal.ts';
import type { ToolRules } from '../drivers/contract.ts';
import { editor } from '../tools/editor.ts';
import { fieldOf } from '../tools/tool-request.ts';
import { ruleNameOf } from '../../../contracts/tool-names.ts';

export function reviewerRules(rules: ToolRules): ToolRules {
  return {
    judge(call) {
      if (isEdit(call)) return { decide: 'deny', why: 'a reviewer changes nothing.' };
      const verdict = rules.judge(call);
      if (verdict.decide !== 'ask') return verdict;
      return { decide: 'deny', why: `people would have to allow it (${verdict.policy.rule}). Do without it.` };
    },
  };
}

function isEdit(call: ToolCall): boolean {
  const looks = call.name === editor.name && fieldOf(call, 'command') === 'view';
  return ruleNameOf(call.name) === 'edit' && !looks;
}
