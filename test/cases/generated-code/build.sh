# Code is generated from a schema, by a script that skips what is newer than its source, as make does. One unit breaks the
# schema, one extends it together with the tests, which need what is generated.
set -e
git init -q --bare -b main remote.git
git init -q -b main seed && cd seed
echo '{ "name": "string" }' > api.schema
cat > generate.sh <<'G'
[ gen/api.mjs -nt api.schema ] && exit 0
mkdir -p gen && { printf 'export const fields = '; cat api.schema; } > gen/api.mjs
G
cat > test.mjs <<'T'
import { fields } from './gen/api.mjs';
if (!('name' in fields)) throw new Error('no name');
T
printf 'setup: { run: sh generate.sh, network: true }\nverify: node test.mjs\npolicy: [{ action: conflict, decide: deny }]\n' > coppice.yaml
echo gen > .gitignore
git add -A && git commit -qm Seed && git push -q ../remote.git main
cat > ../plan.yaml <<'Y'
version: 1
units:
  - { id: break, title: Break, prompt: Rename the field }
  - { id: extend, title: Extend, prompt: Add a field, verify: grep -q age gen/api.mjs }
Y
