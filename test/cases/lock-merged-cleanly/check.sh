# Both land: the unit that came second was told which file it is, and which command makes it again.
tail -9 run.out
[ "$RUN_CODE" = 0 ] || exit 1
grep -Eq '"attempts": ?2' report.json || exit 1
git -C remote.git show main:package-lock.json | grep -q 'node_modules/pe'
