# A test runner that refuses focused tests in CI, as Vitest, Playwright and others do.
set -e
git init -q --bare -b main remote.git
git init -q -b main seed && cd seed
cat > run-tests.sh <<'T'
if grep -q '\.only(' *.test.js && [ -n "$CI" ]; then echo 'focused test' >&2; exit 1; fi
T
echo "it('a');" > a.test.js
echo 'verify: sh run-tests.sh' > coppice.yaml
git add -A && git commit -qm Seed && git push -q ../remote.git main
cat > ../plan.yaml <<'Y'
version: 1
units:
  - { id: focus, title: A focused test, prompt: Add a test }
  - { id: test, title: A test, prompt: Add a test }
Y
