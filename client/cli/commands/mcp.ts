// `coppice mcp`: an MCP server, for agents that start and follow runs.

import type { Command } from 'commander';
import type { McpOptions } from '../processes/mcp.ts';
import { portNumber } from '../numbers.ts';

export function addMcp(program: Command): void {
  program
    .command('mcp')
    .description('let agents check plans, start runs and follow them: an MCP server on stdin and stdout')
    .option('--port <n>', 'serve streamable HTTP on this port of 127.0.0.1 instead (0: any free one)', portNumber)
    .addHelpText(
      'after',
      '\nExamples:\n  $ coppice mcp\n  $ coppice mcp --port 4000\n\nTo add it to Claude Code: claude mcp add coppice -- coppice mcp',
    )
    .action(async (options: McpOptions) => (await import('../processes/mcp.ts')).runMcp(options));
}
