tail -8 run.out
[ "$RUN_CODE" = 0 ] || exit 1
lock=$(git -C remote.git show main:list.lock)
echo "$lock"
test "$(echo "$lock" | cut -d' ' -f1 | tr '\n' ' ')" = 'packages/a packages/x packages/y packages/z ' || exit 1
# No conflict came back to an agent.
grep -Eq '"met": ?0' report.json && ! grep -Eq '"attempts": ?2' report.json
