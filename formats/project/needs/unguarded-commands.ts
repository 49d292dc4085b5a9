// The lines of a shell text that surely run and whose failure counts: not inside `if` or `case`, not in a function, and
// not followed by something that takes the failure.

/** Lines of `text`, continuations joined, that match. */
export function unguardedLines(text: string, pattern: RegExp): string[] {
  const found: string[] = [];
  let depth = 0;
  for (const line of text
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .map((each) => each.trim())) {
    if (/^(?:fi|esac|done|\})\b|^\}/.test(line)) depth = Math.max(0, depth - 1);
    const opens = /^(?:if|case|for|while|until)\b/.test(line) || /^(?:function\s+)?[\w-]+\s*\(\)\s*\{/.test(line);
    const closes = /(?:^|[;\s])(?:fi|esac|done)\s*$|\}\s*$/.test(line);
    if (depth === 0 && !opens && !isTolerated(line) && pattern.test(line)) found.push(line);
    if (opens && !closes) depth += 1;
  }
  return found;
}

/** `a || b`, `a && b`: whether the first one fails, or runs, may not matter. */
function isTolerated(line: string): boolean {
  return /\|\|/.test(line) || /\[\s|\btest\s+-|\bcommand -v\b/.test(line);
}
