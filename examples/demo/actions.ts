// What a scripted model may do in one turn: calls of the tools that every session has. Used by the scripts of the demo
// and by the tests that play them.

export type Action =
  | { readonly name: 'bash'; readonly input: { readonly command: string } }
  | { readonly name: 'str_replace_based_edit_tool'; readonly input: Edit };

export type Edit =
  | { readonly command: 'create'; readonly path: string; readonly file_text: string }
  | { readonly command: 'str_replace'; readonly path: string; readonly old_str: string; readonly new_str: string };

/** Run one after the other. */
export type Turn = readonly Action[];

export function bash(command: string): Action {
  return { name: 'bash', input: { command } };
}

/** `path` is relative to the worktree. */
export function create(path: string, content: string): Action {
  return edit({ command: 'create', path: `/work/${path}`, file_text: `${content.trim()}\n` });
}

/** A test file, with the usual imports. */
export function createTest(path: string, content: string): Action {
  const imports = "import assert from 'node:assert/strict';\nimport { test } from 'node:test';\n";
  return create(path, imports + content.trimStart());
}

/** Replaces one occurrence in a file of the worktree. */
export function replace(path: string, before: string, after: string): Action {
  return edit({ command: 'str_replace', path: `/work/${path}`, old_str: before, new_str: after });
}

export function runTests(file = ''): Action {
  return bash(`node --test ${file} 2>&1 | tail -n 8`);
}

/** Adds a line to a file, unless it is there already. */
export function appendOnce(path: string, line: string): Action {
  return bash(`grep -qF "${line}" ${path} || echo "${line}" >> ${path}`);
}

function edit(input: Edit): Action {
  return { name: 'str_replace_based_edit_tool', input };
}
