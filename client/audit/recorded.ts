// What the run itself has written to the state remote: how each approval ended. It outlives Temporal's histories, and
// knows nothing of votes before the last, of refusals, or of what else people did.

import type { AuditEntry } from './entries.ts';
import type { Remote } from '../../git/remote.ts';
import type { UnitDecision } from '../../contracts/documents/records.ts';
import { media } from '../../contracts/people.ts';
import { explainRemembering } from '../../domain/approval/remembering.ts';
import { type RunId, type UnitId, stateRefs } from '../../contracts/ids.ts';
import { listRemote } from '../../git/remote.ts';
import { readStateFile } from '../../git/state-files.ts';
import { recordsCodec, recordsFile, reportCodec, reportFile } from '../../formats/state-documents/report.ts';

/** By the approval's id. */
export async function readRecorded(remote: Remote, run: RunId): Promise<Map<string, AuditEntry>> {
  const found = new Map<string, AuditEntry>();
  const pages = `${stateRefs.ofRun(run)}records/`;
  const { refs } = await listRemote(remote, [`${pages}*`]);
  for (const ref of refs.keys()) {
    const text = await readStateFile(remote, ref, recordsFile);
    for (const { id, decisions } of text === null ? [] : recordsCodec.read(text).units) {
      for (const decision of decisions) found.set(decision.id, entryOf(decision, id));
    }
  }
  for (const ref of [stateRefs.earlierReport(run), stateRefs.report(run)]) {
    const text = await readStateFile(remote, ref, reportFile);
    for (const decision of text === null ? [] : reportCodec.read(text).decisions) {
      found.set(decision.id, entryOf(decision, decision.unit));
    }
  }
  return found;
}

function entryOf(
  { id, decision, by, channel: told, at, reason, remember }: UnitDecision,
  unit: UnitId | null,
): AuditEntry {
  const channel = media.find((medium) => medium === told);
  const who = by === null ? '' : ` by ${by}${told === null ? '' : ` (${told})`}`;
  return {
    at,
    kind: 'decided',
    approval: id,
    unit,
    by: by === null || channel === undefined ? null : { channel, id: null, name: by },
    outcome: decision,
    summary: `${decision}${who}${remember === undefined ? '' : `, ${explainRemembering(remember)}`}${reason ? `: ${reason}` : ''}`,
    source: 'records',
  };
}
