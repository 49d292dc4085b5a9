# Ten units change the same line. Each settles its conflict by keeping what is there, and others land before it is back.
set -e
git init -q --bare -b main remote.git
git init -q -b main seed && cd seed
echo 'names:' > list.txt
printf 'verify: "! grep -q \\"<<<<\\" list.txt"\n' > coppice.yaml
git add -A && git commit -qm Seed && git push -q ../remote.git main
{
  printf 'version: 1\nunits:\n'
  for n in 1 2 3 4 5 6 7 8 9 10; do echo "  - { id: u$n, title: Add u$n, prompt: Add u$n to the line }"; done
} > ../plan.yaml
