# The unit that breaks the source does not land; the other one does.
tail -8 run.out
git -C remote.git log --format=%s main
[ "$(git -C remote.git show main:src/answer.js)" = 'export const answer = 1;' ] && git -C remote.git show main:src/other.js
