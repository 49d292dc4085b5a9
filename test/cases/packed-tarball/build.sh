# A dependency is a tarball of the repository, installed by a command that is known. One unit packs another one.
set -e
git init -q --bare -b main remote.git
git init -q -b main seed && cd seed
mkdir lib && echo '{"name":"lib","version":"1.0.0","main":"index.js"}' > lib/package.json
echo 'module.exports = 1;' > lib/index.js
(cd lib && npm pack --silent --pack-destination .. > /dev/null) && mv lib-1.0.0.tgz lib.tgz
echo '{"name":"app","private":true,"dependencies":{"lib":"./lib.tgz"}}' > package.json
echo "if (require('lib') !== 1) throw new Error('lib is ' + require('lib'));" > test.js
echo '*.tgz binary' > .gitattributes
cat > coppice.yaml <<'Y'
setup: { run: npm install --no-package-lock --no-audit --no-fund, network: true }
verify: node test.js
policy: [{ action: conflict, decide: deny }]
Y
echo node_modules > .gitignore
git add -A && git commit -qm Seed && git push -q ../remote.git main
cat > ../plan.yaml <<'Y'
version: 1
units:
  - { id: pack, title: Pack, prompt: Pack another lib.tgz }
  - { id: fine, title: Fine, prompt: Add a file }
Y
