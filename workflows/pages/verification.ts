// The live page of a verification in the Temporal Web UI ("current details"), as Markdown, for operators. Text from
// repositories is shown as code, so that it cannot draw links or headings of its own.

import type { VerificationSource } from '../../contracts/activities/verification.ts';
import type { VerificationView } from '../../contracts/messages/verification.ts';
import { code } from './code.ts';
import { workflowLink } from './links.ts';

interface ShownVerification extends VerificationView {
  readonly key: string;
  /** Where one of its queues has described it; absent = no queue is left. */
  readonly source: VerificationSource | undefined;
}

export function verificationDetails({ key, source, queues }: ShownVerification): string {
  return [
    ...(source === undefined
      ? []
      : [
          `- tree of ${code(source.repository)}: ${code(`${key}.json`)} in ${code(source.commit)}, ${code(source.ref)} of the state remote`,
        ]),
    ...queues.map((queue) => `- for ${workflowLink(queue, queue)}`),
    ...(queues.length === 0 ? ['no queue waits for it'] : []),
  ].join('\n');
}
