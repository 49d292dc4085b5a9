tail -14 run.out
reason() { "$NODE" -e 'const { units } = require("./report.json"); console.log(units.find(({ id }) => id === process.argv[1]).reason)' "$1"; }
reason needs; reason red
[ "$(git -C remote.git show main:source.txt)" = 2 ] && ! git -C remote.git show main:needs-server 2> /dev/null &&
  reason needs | grep -q '^not-verified: ' && reason red | grep -q '^verification-failed: '
