// Failures are worded for the command line. A client of the MCP server has parameters in place of options, and tools in
// place of commands; what no tool does stays a command, for a person.

const parameters: Readonly<Record<string, string>> = { id: 'id', branch: 'branch', repo: 'repository' };

const tools: Readonly<Record<string, string>> = {
  'plan validate': 'check_plan',
  list: 'list_runs',
  status: 'run_status',
  logs: 'run_logs',
  report: 'run_report',
  message: 'message_unit',
};

/** A command with options is left alone: a tool may not do the same. */
const command = new RegExp(`^\`coppice (${Object.keys(tools).join('|')})(?: (?!-)[^\` ]+)*\`$`);

export function inToolTerms(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part) => {
      if (part.startsWith('`')) return part.replace(command, (whole, name: string) => tools[name] ?? whole);
      return part.replaceAll(/--(\w+)\b/g, (whole, name: string) =>
        parameters[name] === undefined ? whole : `\`${parameters[name]}\``,
      );
    })
    .join('');
}
