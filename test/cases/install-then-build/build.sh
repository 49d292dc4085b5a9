# `npm install`, then a build of all sources. One unit breaks a source, one deletes a source whose old output would still be
# found, one changes only what has nothing to do with it.
set -e
git init -q --bare -b main remote.git
git init -q -b main seed && cd seed
mkdir -p src lib
echo '{"name":"app","private":true,"workspaces":["lib"]}' > package.json
echo '{"name":"lib","version":"1.0.0","main":"index.mjs"}' > lib/package.json
echo 'export const lib = 1;' > lib/index.mjs
echo 'export const one = 1;' > src/one.mjs
echo 'export const two = 2;' > src/two.mjs
cat > build.mjs <<'B'
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
mkdirSync('dist', { recursive: true });
for (const name of readdirSync('src')) copyFileSync(`src/${name}`, `dist/${name}`);
B
cat > test.mjs <<'T'
import { one } from './dist/one.mjs';
import { two } from './dist/two.mjs';
import { lib } from 'lib';
if (one !== 1 || two !== 2 || lib !== 1) throw new Error(`${one} ${two} ${lib}`);
T
cat > coppice.yaml <<'Y'
setup: { run: npm install --no-package-lock --no-audit --no-fund && node build.mjs, network: true }
verify: node test.mjs
policy: [{ action: conflict, decide: deny }]
Y
printf 'node_modules\ndist\n' > .gitignore
git add -A && git commit -qm Seed && git push -q ../remote.git main
cat > ../plan.yaml <<'Y'
version: 1
units:
  - { id: break, title: Break, prompt: Change src/one.mjs }
  - { id: delete, title: Delete, prompt: Delete src/two.mjs }
  - { id: fine, title: Fine, prompt: Add src/three.mjs }
Y
