// Writes a plan for people to read and change: prompts as blocks, a blank line between units, and at its head where it
// comes from.

import { Document, isMap, isScalar, isSeq, Scalar, visit } from 'yaml';
import type { Plan, PlanDocument } from '../../contracts/documents/plan.ts';
import { inertLine } from '../../domain/text/inert.ts';
import { unseen } from '../../domain/text/unsafe.ts';

/** Whatever a terminal or a reader would not show; YAML can write it as an escape. */
const hidden = new RegExp(`(?![\\n\\t])[${unseen}]`, 'u');

export function writePlan(plan: PlanDocument, head: readonly string[]): string {
  const document = new Document(plan);
  document.commentBefore = head.map((line) => ` ${inertLine(line)}`).join('\n');
  visit(document, {
    Scalar: (_key, node) => {
      if (typeof node.value === 'string' && hidden.test(node.value)) node.type = Scalar.QUOTE_DOUBLE;
    },
    Pair: (_key, { key, value }) => {
      if (isScalar(key) && key.value === 'needs' && isSeq(value)) value.flow = true;
    },
  });
  const units = document.get('units');
  if (isSeq(units)) units.items.forEach((unit, n) => isMap(unit) && n > 0 && (unit.spaceBefore = true));
  const text = document.toString({ lineWidth: 0, blockQuote: 'literal', flowCollectionPadding: false });
  return text.replaceAll(new RegExp(hidden, 'gu'), escaped);
}

/** They stand in double quotes only. */
function escaped(sign: string): string {
  return Array.from({ length: sign.length }, (_, n) => `\\u${sign.charCodeAt(n).toString(16).padStart(4, '0')}`).join(
    '',
  );
}

/** A plan as people would write it. */
export function documentOf({ version, goal, units }: Plan): PlanDocument {
  return {
    version,
    ...(goal === '' ? {} : { goal }),
    units: units.map(
      ({ id, title, prompt, needs, scope, verify, labels, budgetUsd, maxTurns, estimateSeconds, review }) => ({
        id,
        title,
        ...(needs.length === 0 ? {} : { needs }),
        ...(scope === null ? {} : { scope }),
        ...(verify === null ? {} : { verify }),
        ...(labels.length === 0 ? {} : { labels }),
        ...(budgetUsd === null ? {} : { budgetUsd }),
        ...(maxTurns === null ? {} : { maxTurns }),
        ...(estimateSeconds === undefined ? {} : { estimate: `${estimateSeconds}s` }),
        ...(review === undefined ? {} : { review }),
        prompt,
      }),
    ),
  };
}
