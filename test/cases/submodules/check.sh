# Two land; the third is at a commit that nobody else can fetch, and is told so by name.
tail -16 run.out
git -C remote.git ls-tree -r main
[ "$RUN_CODE" = 1 ] || exit 1
[ "$(git -C remote.git rev-parse main:vendor/dep)" = "$(git -C dep.git rev-parse v2)" ] || exit 1
[ "$(git -C remote.git show main:copy.txt)" = v1 ] || [ "$(git -C remote.git show main:copy.txt)" = v2 ] || exit 1
"$NODE" -e '
const { units } = JSON.parse(require("fs").readFileSync("report.json", "utf8"));
const own = units.find(({ id }) => id === "own");
console.log(own.status, own.reason);
process.exit(own.status === "failed" && own.reason.includes("vendor/dep") ? 0 : 1);'
