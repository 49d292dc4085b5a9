# The setup builds from a submodule, which has another one in it, and the verification runs what is there. A unit moves it.
set -e
for each in inner dep; do
  git init -q --bare -b main "$each.git"
  git init -q -b main "$each"
  git -C "$each" remote add origin "../$each.git"
done
(cd inner && echo 'inner' > inner.txt && git add -A && git commit -qm inner && git push -q origin main)
(
  cd dep
  git -c protocol.file.allow=always submodule --quiet add "$PWD/../inner.git" inner
  echo 'v1' > version.txt && git add -A && git commit -qm one && git tag v1 && git push -q origin main v1
)
git init -q --bare -b main remote.git
git init -q -b main seed && cd seed
git -c protocol.file.allow=always submodule --quiet add "$PWD/../dep.git" vendor/dep
echo build > .gitignore
cat > coppice.yaml <<'Y'
version: 1
setup: mkdir -p build && cat vendor/dep/version.txt vendor/dep/inner/inner.txt > build/made.txt
verify: test "$(git -C vendor/dep describe --tags)" = "$(cat build/made.txt | head -n 1)" && grep -q inner build/made.txt
Y
git add -A && git commit -qm Seed && git push -q ../remote.git main
cd ../dep && echo 'v2' > version.txt && git add -A && git commit -qm two && git tag v2 && git push -q origin main v2
cat > ../plan.yaml <<'Y'
version: 1
units:
  - { id: add, title: Add a file, prompt: Add a file }
  - { id: move, title: Move to the second version, prompt: Move vendor/dep to v1 }
  - { id: own, title: Change the submodule, prompt: Change a file of the submodule }
Y
