# The tests do not pass with the other tarball, so it does not land.
tail -12 run.out
git -C remote.git show main:fine.txt && [ "$(git -C remote.git show main:lib/index.js)" = 'module.exports = 1;' ]
