// What tools of agents are called: by rules, and by the drivers that report a call.

/** The names of tools in rules, and what Claude Code and our own loop call them. */
export const toolNames: Readonly<Record<string, string>> = {
  bash: 'bash',
  Bash: 'bash',
  edit: 'edit',
  Edit: 'edit',
  Write: 'edit',
  MultiEdit: 'edit',
  NotebookEdit: 'edit',
  str_replace_based_edit_tool: 'edit',
  Read: 'Read',
  Glob: 'Glob',
  Grep: 'Grep',
  report: 'report',
  ask_person: 'ask_person',
};

/** The name that rules have for a tool, whatever a driver calls it. */
export function ruleNameOf(tool: string): string {
  return Object.hasOwn(toolNames, tool) ? (toolNames[tool] ?? tool) : tool;
}
