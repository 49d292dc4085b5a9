// Wraps a sandboxed command so that it runs only when the processor and the disk are idle, if the system supports that.

const script = '{ renice -n 19 -p $$; ionice -c 3 -p $$; } >/dev/null 2>&1; exec "$@"';

export function lowPriorityCommand(argv: readonly string[]): string[] {
  return ['sh', '-c', script, 'sh', ...argv];
}
