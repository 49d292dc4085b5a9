// A tool call of an agent that people must allow before it runs, and their decision about it.

/** Exactly what would run, and where. */
export interface ToolRequest {
  /** The tool call's id in the conversation; it has no result yet. */
  readonly call: string;
  readonly tool: string;
  /** The whole command, or the whole edit, as the agent wrote it. Not safe to show as it is. */
  readonly text: string;
  /** Working directory in the worktree, which is at `/work`. */
  readonly directory: string;
  /** The parts that rules ask about, such as `git push origin main`; at most 20. */
  readonly matched: readonly string[];
  /** What the agent said before it called the tool; may be empty. */
  readonly words: string;
  /** Names the same call in the same directory, whatever is in the worktree. */
  readonly key: string;
  /** sha256 over the tool, its whole input, the directory and the tree of the worktree. */
  readonly hash: string;
}

/** For how long an agent may run the same call again without asking. */
export const rememberings = ['unit', 'run'] as const;
export type Remembering = (typeof rememberings)[number];

/** A person's rule: this exact call may run without asking until the unit, or the run, ends. */
export interface AllowedCall {
  readonly key: string;
  /** Who made the rule, and by which approval. */
  readonly by: string;
  readonly approval: string;
}

/** People's decision about a call. */
export type CallDecision = { readonly allowed: true; readonly hash: string } | { readonly allowed: false };
