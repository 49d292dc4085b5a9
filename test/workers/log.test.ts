import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const module = fileURLToPath(new URL('../../workers/log.ts', import.meta.url));

it('the log of a process has its own variables that are secrets in no form', async () => {
  const secret = 'xoxb-"0123456789"';
  const script = `
    import { makeLog } from ${JSON.stringify(module)};
    const log = makeLog('worker');
    const secret = process.env.SLACK_BOT_TOKEN;
    log.info({ token: secret, url: 'https://x/?token=' + encodeURIComponent(secret) }, 'Slack said ' + secret);
    log.error(new Error('no ' + Buffer.from(secret).toString('base64')));
  `;
  const env = { ...process.env, SLACK_BOT_TOKEN: secret, COPPICE_LOG_LEVEL: 'info' };
  const args = ['--input-type=module', '--eval', script];
  const { stderr } = await promisify(execFile)(process.execPath, args, { env });
  const [info, error] = stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(info).toMatchObject({
    name: 'worker',
    token: '[redacted]',
    url: 'https://x/?token=[redacted]',
    msg: 'Slack said [redacted]',
  });
  // The last digits of base64 are of what follows as well.
  expect(error).toMatchObject({ msg: expect.stringMatching(/^no \[redacted\].{0,2}$/) });
});

it('what Temporal logs of an error has its message and its causes', async () => {
  const temporalLog = fileURLToPath(new URL('../../workers/temporal-log.ts', import.meta.url));
  const script = `
    import { Runtime } from '@temporalio/worker';
    import { makeLog } from ${JSON.stringify(module)};
    import { installTemporalLog } from ${JSON.stringify(temporalLog)};
    installTemporalLog(makeLog('worker'));
    const error = new Error('it did not land', { cause: new Error('red: npm test') });
    Runtime.instance().logger.warn('Workflow failed', { workflowId: 'verify:1', error });
    Runtime.instance().flushLogs();
    process.exit(0);
  `;
  const env = { ...process.env, COPPICE_LOG_LEVEL: 'info' };
  const { stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { env });
  expect(JSON.parse(stderr.trim())).toMatchObject({
    msg: 'Workflow failed',
    workflowId: 'verify:1',
    err: { message: expect.stringMatching(/it did not land.*red: npm test/) },
  });
});
