import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Screen } from './screen.ts';
import { openLiveTerminal } from '../../client/cli/live-terminal.ts';

describe('the live view on a terminal', () => {
  it('replaces what it drew and nothing above it', () => {
    const screen = new Screen(20, 10, ['$ coppice run']);
    const view = openLiveTerminal(screen);
    view.draw(['one', 'two two', 'three']);
    view.draw(['1', '2']);
    expect(screen.text).toBe('$ coppice run\n1\n2\n');
    view.draw(['1', '2', '3', '4']);
    expect(screen.text).toBe('$ coppice run\n1\n2\n3\n4\n');
  });

  it('hides the cursor while it is open, and shows it again once', () => {
    const screen = new Screen(20, 10);
    const view = openLiveTerminal(screen);
    view.draw(['one']);
    expect(screen.cursorShown).toBe(false);
    view.close();
    view.close();
    view.draw(['two']);
    expect(screen.cursorShown).toBe(true);
    expect(screen.wraps).toBe(true);
    expect(screen.text).toBe('one\n');
    expect(screen.written.split('\x1b[?25h')).toHaveLength(2);
  });

  it('writes nothing when it never drew, and leaves no listener behind', () => {
    const before = process.listenerCount('exit');
    const screen = new Screen(20, 10);
    openLiveTerminal(screen).close();
    expect(screen.written).toBe('');
    expect(process.listenerCount('exit')).toBe(before);
  });

  it('writes nothing when nothing changed', () => {
    const screen = new Screen(20, 10);
    const view = openLiveTerminal(screen);
    view.draw(['one']);
    const { written } = screen;
    view.draw(['one']);
    expect(screen.written).toBe(written);
    view.close();
  });

  it('keeps a line that is too wide on one row', () => {
    const screen = new Screen(10, 10, ['above']);
    const view = openLiveTerminal(screen);
    view.draw(['x'.repeat(35), 'two']);
    view.draw(['1', '2']);
    expect(screen.text).toBe('above\n1\n2\n');
    view.close();
  });

  it('shows the last character of a line as wide as the terminal', () => {
    const screen = new Screen(10, 10);
    const view = openLiveTerminal(screen);
    for (const line of ['0123456789', '9876543210']) view.draw([line]);
    expect(screen.text).toBe('9876543210\n');
    view.close();
  });

  it('keeps to the rows of the terminal, so that nothing scrolls away under it', () => {
    const screen = new Screen(10, 4, ['above']);
    const view = openLiveTerminal(screen);
    for (const round of ['a', 'b', 'c']) view.draw(Array.from({ length: 9 }, (_, i) => `${round}${i}`));
    expect(screen.text).toBe('above\nc0\nc1\nc2\n');
    view.close();
  });

  it('goes up over the rows that a narrower terminal made of its lines', () => {
    const screen = new Screen(20, 10);
    const view = openLiveTerminal(screen);
    view.draw(['x'.repeat(18), '\x1b[1mshort\x1b[22m']);
    screen.columns = 10;
    screen.written = '';
    // A row of 18 columns has become two.
    screen.write = (text) => ((screen.written += text), true);
    view.draw(['x']);
    expect(screen.written).toContain('\x1b[3A\r');
    view.close();
  });
});

describe('whatever ends the process, the terminal', () => {
  const program = fileURLToPath(new URL('draw-and-wait.ts', import.meta.url));

  interface Ended {
    readonly screen: Screen;
    readonly code: number | null;
    readonly signal: NodeJS.Signals | null;
  }

  /** Waits until it has drawn, does something to it, and waits until it has ended. */
  async function ended(what: string, use: (child: ChildProcess) => unknown = () => undefined): Promise<Ended> {
    const child = spawn(process.execPath, [program, what], { stdio: ['ignore', 'pipe', 'ignore'] });
    const closed = once(child, 'close');
    const screen = new Screen(80, 24);
    child.stdout.on('data', (chunk: Buffer) => screen.write(chunk.toString('utf8')));
    while (!screen.text.includes('two')) await once(child.stdout, 'data');
    await use(child);
    await closed;
    return { screen, code: child.exitCode, signal: child.signalCode };
  }

  const restored = { cursorShown: true, wraps: true, text: 'one\ntwo\n' };

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)(
    'is as before after %s, which still ends it',
    async (signal) => {
      expect(await ended('wait', (child) => child.kill(signal))).toMatchObject({
        screen: restored,
        code: null,
        signal,
      });
    },
  );

  it.each([
    ['an exception', 'throw', 1],
    ['a rejection', 'reject', 1],
    ['an exit', 'exit', 3],
    ['the end', 'return', 0],
  ])('is as before after %s', async (_name, what, code) => {
    expect(await ended(what)).toMatchObject({ screen: restored, code, signal: null });
  });

  it('is as before when somebody else decides what a signal does', async () => {
    expect(await ended('listen', (child) => child.kill('SIGINT'))).toMatchObject({ screen: restored, code: 130 });
  });

  it.each([
    ['wait', /two/, /^one\ntwo\none\ntwo\n$/],
    ['tick', /two \d/, /^one\ntwo( \d+)?\none\ntwo \d+\n$/],
  ])('is the shell’s while the process is suspended, and drawn anew below by who %ss', async (what, again, text) => {
    const stateOf = (child: ChildProcess) => /\) (\S)/.exec(readFileSync(`/proc/${child.pid}/stat`, 'utf8'))?.[1];
    const { screen, signal } = await ended(what, async (child) => {
      child.kill('SIGTSTP');
      await expect.poll(() => stateOf(child)).toBe('T');
      let drawn = '';
      child.stdout?.on('data', (chunk: Buffer) => (drawn += chunk.toString('utf8')));
      child.kill('SIGCONT');
      await expect.poll(() => drawn).toMatch(again);
      child.kill('SIGTERM');
    });
    expect(signal).toBe('SIGTERM');
    expect(screen.text).toMatch(text);
    expect(screen.written.match(/\[\?25[hl]/g)).toEqual(['[?25l', '[?25h', '[?25l', '[?25h']);
  });
});
