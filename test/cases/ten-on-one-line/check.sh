# All ten land, and each was repaired a few times at most: repairs stay linear in the units.
tail -16 run.out
git -C remote.git show main:list.txt
[ "$RUN_CODE" = 0 ] || exit 1
for n in 1 2 3 4 5 6 7 8 9 10; do git -C remote.git show main:list.txt | grep -qw "u$n" || exit 1; done
"$NODE" -e '
const { units } = JSON.parse(require("fs").readFileSync("report.json", "utf8"));
const returns = units.reduce((sum, { attempts }) => sum + attempts - 1, 0);
console.log(`${returns} returns`);
process.exit(returns <= 2 * units.length ? 0 : 1);'
