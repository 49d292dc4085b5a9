# A script sets everything up: it wants something from a server and builds. Without the server nobody knows whether a
# change is good; a change that is broken by itself is its agent's to hear of.
set -e
git init -q --bare -b main remote.git
git init -q -b main seed && cd seed
echo 1 > source.txt
cat > setup.sh <<'S'
if [ -e needs-server ]; then bash -c 'exec 3<>/dev/tcp/192.0.2.1/80' 2> /dev/null || exit 1; fi
mkdir -p out && cp source.txt out/built.txt
S
printf 'setup: { run: sh setup.sh, network: true }\nverify: test "$(cat out/built.txt)" -lt 3\npolicy: [{ action: egress, decide: deny }, { action: conflict, decide: deny }]\n' > coppice.yaml
echo out > .gitignore
git add -A && git commit -qm Seed && git push -q ../remote.git main
cat > ../plan.yaml <<'Y'
version: 1
units:
  - { id: fine, title: Fine, prompt: Write 2 }
  - { id: needs, title: Needs the server, prompt: Need the server }
  - { id: red, title: Red, prompt: Write 3, needs: [fine] }
Y
