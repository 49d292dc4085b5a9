// A tool call in a few words, for people who look at what a session is doing.

export function describeCall(name: string, input: unknown): string {
  const fields = new Map<string, unknown>(Object.entries(input ?? {}));
  const kind = { bash: 'bash:', Bash: 'bash:', str_replace_based_edit_tool: 'edit:' }[name] ?? name;
  const words = [kind, fields.get('command'), fields.get('path'), fields.get('file_path')];
  return words.filter((word) => typeof word === 'string').join(' ');
}
