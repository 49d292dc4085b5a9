// How much harm a change could do, as far as what is known of it tells: a word, and the reasons for it. It decides nothing; it
// says where to look before one agrees. Pure.

import type { ApprovalView } from '../../contracts/approval.ts';
import { andMore } from '../text/shown-paths.ts';
import { count } from '../text/count.ts';
import { isLockFile } from '../queue/lock-files.ts';
import { requirementsOf } from './consent.ts';

export type RiskLevel = 'low' | 'medium' | 'high';

export interface Risk {
  readonly level: RiskLevel;
  /** The gravest first; never empty. */
  readonly reasons: readonly string[];
}

const touchesLocks = 'touches lock files';

type Finding = readonly [level: RiskLevel, reason: string];

/** Lines and files from which a change is hard to review, and from which hardly anybody does. */
const muchLines = { medium: 200, high: 800 } as const;
const manyFiles = { medium: 15, high: 50 } as const;
/** So many reasons for some care are one for much. */
const manyReasons = 3;

/** Null if the approval is not about a change, or its paths are unknown. */
export function riskOf(view: ApprovalView): Risk | null {
  if (view.kind === 'egress') return riskFrom([['high', 'gives network access to changed code']]);
  if (view.kind !== 'merge' || view.subject.pathCount === 0) return null;
  const inChange = [...findInPaths(view.subject.paths), ...findInHistory(view), ...findInSize(view)];
  const inRules = findInRules(view);
  const isNew = ([, reason]: Finding): boolean => inRules.every(([, known]) => known !== reason);
  return riskFrom([...inRules, ...inChange.filter(isNew)]);
}

/** Why the rules ask. */
function findInRules({ policy }: MergeView): Finding[] {
  const required = requirementsOf(policy);
  return [
    ...(policy.tier === 'critical' ? [['high', 'critical by a rule'] as const] : []),
    ...(required.some(({ guarded }) => guarded === true) ? [['high', 'touches protected paths'] as const] : []),
    ...(required.some(({ setup }) => setup === true) ? [['high', 'changes what setup runs'] as const] : []),
    ...(required.some(({ lockFiles }) => lockFiles === true) ? [['medium', touchesLocks] as const] : []),
  ];
}

/** `high: touches CI files, 800 lines`. */
export function explainRisk({ level, reasons }: Risk): string {
  return `${level}: ${andMore(reasons.slice(0, reasonsShown), reasonsShown, reasons.length)}`;
}

const reasonsShown = 4;

function riskFrom(findings: readonly Finding[]): Risk {
  const of = (level: RiskLevel): string[] => findings.flatMap(([each, reason]) => (each === level ? [reason] : []));
  const [high, medium, low] = [of('high'), of('medium'), of('low')];
  const level = high.length > 0 || medium.length >= manyReasons ? 'high' : medium.length > 0 ? 'medium' : 'low';
  const reasons = [...high, ...medium, ...low];
  return { level, reasons: reasons.length === 0 ? ['nothing that stands out'] : reasons };
}

interface Kind {
  readonly level: RiskLevel;
  readonly reason: string;
  readonly has: (path: string, name: string) => boolean;
}

const inFolder = (path: string, ...names: readonly string[]): boolean =>
  path
    .toLowerCase()
    .split('/')
    .slice(0, -1)
    .some((folder) => names.includes(folder));

/** Files that are worth a second look, by their names. */
const kinds: readonly Kind[] = [
  {
    level: 'high',
    reason: 'touches CI files',
    has: (path, name) =>
      /^(?:\.github\/(?:workflows|actions)|\.circleci|\.buildkite|\.gitlab)\//.test(path) ||
      /^(?:\.gitlab-ci\.ya?ml|\.travis\.yml|jenkinsfile|azure-pipelines\.ya?ml|bitbucket-pipelines\.yml)$/.test(name),
  },
  {
    level: 'high',
    reason: 'touches who may decide, or what is verified',
    has: (path, name) => path === 'coppice.yaml' || name === 'codeowners',
  },
  {
    level: 'high',
    reason: 'touches database migrations',
    has: (path) => inFolder(path, 'migrations', 'migrate'),
  },
  {
    level: 'medium',
    reason: touchesLocks,
    has: isLockFile,
  },
  {
    level: 'medium',
    reason: 'touches how it is built or deployed',
    has: (path, name) =>
      /^(?:dockerfile(?:\..*)?|.*\.dockerfile|docker-compose.*\.ya?ml|makefile|.*\.tf)$/.test(name) ||
      inFolder(path, 'deploy', 'helm', 'terraform', 'ansible'),
  },
  {
    level: 'medium',
    reason: 'touches access or secrets',
    has: (path, name) =>
      inFolder(path, 'auth', 'security', 'crypto', 'permissions') || /^\.env(?:\..*)?$|secret|password/.test(name),
  },
];

function findInPaths(paths: readonly string[]): Finding[] {
  return kinds.flatMap(({ level, reason, has }): Finding[] =>
    paths.some((path) => has(path, path.slice(path.lastIndexOf('/') + 1).toLowerCase())) ? [[level, reason]] : [],
  );
}

type MergeView = Extract<ApprovalView, { kind: 'merge' }>;

function findInHistory({ subject }: MergeView): Finding[] {
  const { red = 0, conflicts = 0 } = subject.returned ?? {};
  return [
    ...(red === 0 ? [] : [[red > 1 ? 'high' : 'medium', `was red on the target ${times(red)}`] as const]),
    ...(conflicts === 0 ? [] : [['medium', `had ${count(conflicts, 'conflict')}`] as const]),
    ...((subject.kept ?? []).length === 0 ? [] : [['medium', 'left files in conflict as they were'] as const]),
    ...(subject.review?.verdict === 'changes' ? [['medium', 'its reviewer wants changes'] as const] : []),
    ...(subject.preview?.checks.length === 0 ? [['medium', 'no check has run'] as const] : []),
  ];
}

function times(n: number): string {
  return n === 1 ? 'once' : `${n} times`;
}

function findInSize({ subject }: MergeView): Finding[] {
  const { files = subject.pathCount, additions = 0, deletions = 0 } = subject.size ?? {};
  const lines = additions + deletions;
  const large = (subject.largeFiles ?? []).length;
  return [
    ...(lines < muchLines.medium ? [] : [[gradeOf(lines, muchLines), count(lines, 'line')] as const]),
    ...(files < manyFiles.medium ? [] : [[gradeOf(files, manyFiles), count(files, 'file')] as const]),
    ...(large === 0 ? [] : [['medium', count(large, 'large or binary file')] as const]),
  ];
}

function gradeOf(n: number, { high }: { readonly high: number }): RiskLevel {
  return n >= high ? 'high' : 'medium';
}
