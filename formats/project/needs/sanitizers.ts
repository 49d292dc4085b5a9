// Sanitizers reserve terabytes of addresses for their shadow memory, so that they start under no limit on what a process
// may map.

import type { Detector, Need } from './need.ts';

/** What reserves: the address, thread, memory, leak and hardware-address sanitizers; not the undefined-behaviour one. */
const flag =
  /-fsanitize=[\w,]*\b(?:address|thread|memory|leak|hwaddress)\b|-Zsanitizer=\w+|\bb_sanitize=\w*(?:address|thread|memory)/;
/** `-DENABLE_ASAN=ON`, and Go's race detector, which is the thread sanitizer. */
const switchedOn =
  /-D\w*(?:ASAN|TSAN|MSAN|SANITI[SZ]ER?S?)\w*=(?:ON|TRUE|YES|1|\w*address|\w*thread|\w*memory)\b|\bgo\s+test\b[^;&|]*\s-race\b/i;

export const sanitizers: Detector = ({ files, commands, reached }) => {
  if (commands.memoryMb === null) return [];
  const inCommands = reached.filter(({ text }) => flag.test(text) || switchedOn.test(text)).map(({ from }) => from);
  const builds = buildFiles.filter(({ builder }) => reached.some(({ text }) => builder.test(text)));
  const inBuilds = builds.flatMap(({ file, isOn }) =>
    Object.keys(files.texts).filter((path) => file.test(path) && isOn(files.texts[path] ?? '')),
  );
  const [from] = [...inCommands, ...inBuilds];
  return from === undefined ? [] : [need(from, commands.memoryMb)];
};

function need(from: string, memoryMb: number): Need {
  return {
    what: `${from} turns on a sanitizer, which reserves more memory than the ${memoryMb} MiB that a process may map`,
    hint: 'Set `sandbox: { memoryMb: null }` in coppice.yaml.',
  };
}

interface BuildFile {
  readonly file: RegExp;
  /** The commands that read it. */
  readonly builder: RegExp;
  /** Whether it turns a sanitizer on for every build. */
  readonly isOn: (text: string) => boolean;
}

const buildFiles: readonly BuildFile[] = [
  {
    file: /(?:^|\/)CMakeLists\.txt$/,
    builder: /\bcmake\b/,
    isOn: (text) => cmakeLines(text).some((line) => flag.test(line)),
  },
  {
    file: /^(?:GNUm|m|M)akefile$/,
    builder: /(?:^|\s)make\b/,
    isOn: (text) => makeAssignments(text).some((line) => flag.test(line)),
  },
  {
    file: /^meson\.build$/,
    builder: /\bmeson\b/,
    isOn: (text) => /default_options\s*:[^)]*\bb_sanitize=\w*(?:address|thread|memory)/.test(text),
  },
  { file: /^\.cargo\/config(?:\.toml)?$/, builder: /\bcargo\b/, isOn: (text) => /^[^#\n]*-Zsanitizer=/m.test(text) },
];

/** Lines outside every `if`, function and macro, and without generator expressions, which are conditions too. */
function cmakeLines(text: string): string[] {
  let depth = 0;
  return text
    .replaceAll(/#[^\n]*/g, '')
    .split('\n')
    .filter((line) => {
      if (/^\s*end(?:if|function|macro)\s*\(/i.test(line)) depth -= 1;
      const isOutside = depth === 0;
      if (/^\s*(?:if|function|macro)\s*\(/i.test(line)) depth += 1;
      return isOutside && !line.includes('$<');
    });
}

/** Assignments outside every condition that hold for all targets. */
function makeAssignments(text: string): string[] {
  let depth = 0;
  return text.split('\n').filter((line) => {
    if (/^\s*endif\b/.test(line)) depth -= 1;
    const isOutside = depth === 0;
    if (/^\s*if(?:n?def|n?eq)\b/.test(line)) depth += 1;
    return isOutside && /^(?:override\s+|export\s+)?(?:C|CXX|CPP|LD)FLAGS\s*[:+?]?=/.test(line);
  });
}
