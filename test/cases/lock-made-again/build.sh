# Three changes each add a package; the lock file has a conflict each time, and is made again. Nobody's agent is troubled.
set -e
git init -q --bare -b main remote.git
git init -q -b main seed && cd seed
mkdir packages && echo '1.0.0' > packages/a
cat > lock.sh <<'S'
# A package manager in small: keeps what is locked, and locks what is new.
touch list.lock
for each in packages/*; do
  grep -q "^$each " list.lock || echo "$each $(cat "$each") $(sha256sum "$each" | cut -c1-8)" >> list.lock
done
sort -o list.lock list.lock
S
sh lock.sh
cat > coppice.yaml <<'Y'
verify: cp list.lock before && sh lock.sh && cmp before list.lock && ! grep -q '<<<' list.lock
queue:
  regenerate:
    - { paths: [list.lock], run: sh lock.sh, inputs: [packages/**, lock.sh] }
Y
echo before > .gitignore
git add -A && git commit -qm Seed && git push -q ../remote.git main
cat > ../plan.yaml <<'Y'
version: 1
units:
  - { id: x, title: Package x, prompt: Add x }
  - { id: y, title: Package y, prompt: Add y }
  - { id: z, title: Package z, prompt: Add z }
Y
