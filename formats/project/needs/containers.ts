// Docker: no sandbox has it, because its daemon could leave any sandbox.

import type { Detector, Need } from './need.ts';
import type { ProjectFiles } from '../folder.ts';
import { recordOf } from '../../values.ts';
import { unguardedLines } from './unguarded-commands.ts';

const runsContainers = /(?:^|[;&|(]\s*)(?:sudo\s+)?((?:docker|podman)(?:-|\s+)(?:run|build|compose|exec|start|pull)\b)/;
const hint =
  'Leave what needs Docker out of `verify` in coppice.yaml, or let it use a server that the command starts itself: loopback and programs work inside.';

export const containers: Detector = ({ files, reached }) => {
  const commands = reached.flatMap(({ from, text }) => {
    const [line] = unguardedLines(text, runsContainers);
    const [, command] = runsContainers.exec(line ?? '') ?? [];
    return command === undefined ? [] : [{ what: `${from} runs \`${command}\`, and no sandbox has Docker`, hint }];
  });
  return [
    ...commands,
    ...testcontainers(
      files,
      reached.some(({ stage }) => stage === 'verify'),
    ),
  ];
};

/** Libraries that start containers from tests. */
function testcontainers({ texts }: ProjectFiles, isVerified: boolean): Need[] {
  if (!isVerified) return [];
  const file = Object.keys(texts).find((path) => dependsOnTestcontainers(path, texts[path] ?? ''));
  if (file === undefined) return [];
  return [{ what: `${file} depends on Testcontainers: tests with it need Docker, and no sandbox has it`, hint }];
}

function dependsOnTestcontainers(path: string, text: string): boolean {
  switch (path.slice(path.lastIndexOf('/') + 1)) {
    case 'package.json': {
      const { dependencies, devDependencies } = recordOf(parsed(text));
      const names = Object.keys({ ...recordOf(dependencies), ...recordOf(devDependencies) });
      return names.some((name) => name === 'testcontainers' || name.startsWith('@testcontainers/'));
    }
    case 'go.mod':
      return /^[^/\n]*\bgithub\.com\/testcontainers\/testcontainers-go\b(?![^\n]*\/\/ indirect)/m.test(text);
    case 'pom.xml':
      return /<groupId>\s*org\.testcontainers\s*<\/groupId>/.test(text.replaceAll(/<!--[^]*?-->/g, ''));
    case 'build.gradle':
    case 'build.gradle.kts':
      return /^[^/\n]*["']org\.testcontainers:/m.test(text);
    case 'Cargo.toml':
      return /^testcontainers(?:-modules)?\s*=|^\[(?:dev-)?dependencies\.testcontainers/m.test(text);
    case 'pyproject.toml':
      return /^[^#\n]*["']testcontainers\b|^testcontainers\s*=/m.test(text);
    default:
      return /requirements[\w-]*\.txt$|requirements\/\w+\.txt$/.test(path) && /^testcontainers\b/m.test(text);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
