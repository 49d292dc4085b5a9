// Approves changes of documents only, and leaves everything else to people: one round, for a timer.
//
//   COPPICE_USER=document-bot node examples/approve-documents.ts
//
// If a rule of coppice.yaml says `by`, COPPICE_USER must be in one of its groups.

import { Coppice, type ApprovalView } from '../client/api.ts';

await using coppice = await Coppice.connect();
for (const approval of await coppice.approvals()) {
  const verdict = isAboutDocuments(approval) ? (await coppice.approve(approval.id)).status : 'left to a person';
  console.log(`${approval.id} ${verdict}`);
}

/** Long lists of paths are cut, so `pathCount` shows whether all of them are here. */
function isAboutDocuments(approval: ApprovalView): boolean {
  if (approval.kind !== 'merge') return false;
  const { paths, pathCount } = approval.subject;
  return paths.length === pathCount && paths.every((path) => path.startsWith('docs/') && path.endsWith('.md'));
}
