# The setup builds from sources, with the network, and the tests run what was built. One unit breaks the source, one only
# adds a file.
set -e
git init -q --bare -b main remote.git
git init -q -b main seed && cd seed
mkdir src && echo 'export const answer = 1;' > src/answer.js
echo 'mkdir -p dist && cp src/answer.js dist/answer.mjs' > build.sh
cat > test.mjs <<'T'
import { answer } from './dist/answer.mjs';
if (answer !== 1) throw new Error(`the answer is ${answer}`);
T
printf 'setup: { run: sh build.sh, network: true }\nverify: node test.mjs\npolicy: [{ action: conflict, decide: deny }]\n' > coppice.yaml
echo dist > .gitignore
git add -A && git commit -qm Seed && git push -q ../remote.git main
cat > ../plan.yaml <<'Y'
version: 1
units:
  - { id: break, title: Another answer, prompt: Change src/answer.js }
  - { id: add, title: Another file, prompt: Add src/other.js }
Y
