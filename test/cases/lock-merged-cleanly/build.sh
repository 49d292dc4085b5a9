# The target drops a dependency, and a unit makes another package need it. git merges the lock file without a conflict, into
# one that `npm ci` refuses.
set -e
git init -q --bare -b main remote.git
git init -q -b main seed && cd seed
for p in a e m; do mkdir -p pkgs/$p; printf '{"name":"p%s","version":"1.0.0"}\n' $p > pkgs/$p/package.json; done
cat > package.json <<'P'
{
  "name": "x",
  "version": "1.0.0",
  "dependencies": {
    "pa": "file:pkgs/a",
    "pe": "file:pkgs/e",
    "pm": "file:pkgs/m"
  }
}
P
npm install --package-lock-only --offline --silent; echo node_modules > .gitignore
printf 'setup: npm ci --offline\nverify: npm ls\n' > coppice.yaml
git add -A && git commit -qm Seed && git push -q ../remote.git main
cat > ../plan.yaml <<'Y'
version: 1
units:
  - { id: drop, title: Drop pe, prompt: Remove pe from package.json }
  - { id: use, title: Use pe in pm, prompt: Let pkgs/m need pe }
Y
