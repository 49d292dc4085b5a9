// Every kind of document that a command prints with `--json`, keyed by the name of its schema in schema/documents/.
// Commands take only types from here; the schemas are for scripts/generate-schemas.ts and the tests.

import { z } from 'zod';
import { approvals, cancellation, decision, message, pause, resolved, retry, skip } from './action-documents.ts';
import { audit } from './audit-document.ts';
import { board } from './board-document.ts';
import { checkout, diff, setupLog, turn } from './unit-documents.ts';
import { error } from './error-document.ts';
import { event, hosts, list, report, status } from './run-documents.ts';
import { checks, firstConfig } from './setup-documents.ts';
import {
  dryRun,
  planEdited,
  planGraph,
  planImport,
  planMade,
  planValidation,
  policyTest,
  runStarted,
} from './plan-documents.ts';
import { prune } from './prune-document.ts';
import { queue, queueAction, queueRevert } from './queue-documents.ts';

const documents = {
  approvals,
  audit,
  board,
  cancellation,
  checkout,
  checks,
  decision,
  diff,
  'dry-run': dryRun,
  error,
  event,
  'first-config': firstConfig,
  hosts,
  list,
  message,
  pause,
  'plan-edited': planEdited,
  'plan-graph': planGraph,
  'plan-import': planImport,
  'plan-made': planMade,
  'plan-validation': planValidation,
  'policy-test': policyTest,
  prune,
  queue,
  'queue-action': queueAction,
  'queue-revert': queueRevert,
  report,
  resolved,
  retry,
  'run-started': runStarted,
  'setup-log': setupLog,
  skip,
  status,
  turn,
};

export type DocumentKind = keyof typeof documents;

type Frozen<Value> = unknown extends Value ? Value : { readonly [Key in keyof Value]: Frozen<Value[Key]> };
type WithoutVersion<Value> = Value extends unknown ? Omit<Value, 'version'> : never;

/** The documents as the program makes them; `version` is added when they are printed. */
export type Documents = {
  readonly [Kind in DocumentKind]: Frozen<WithoutVersion<z.output<(typeof documents)[Kind]>>>;
};

/** File name in schema/documents/ → its text. The schemas allow unknown fields, as readers should. */
export function generatedDocumentSchemas(): Record<string, string> {
  const texts = Object.entries(documents).map(([kind, schema]) => [
    `${kind}.schema.json`,
    `${JSON.stringify(z.toJSONSchema(schema, { io: 'input' }), null, 2)}\n`,
  ]);
  return Object.fromEntries(texts) as Record<string, string>;
}
