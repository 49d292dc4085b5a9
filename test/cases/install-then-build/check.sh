# Only the unit that is fine lands.
tail -12 run.out
git -C remote.git show main:src/three.mjs main:src/two.mjs && [ "$(git -C remote.git show main:src/one.mjs)" = 'export const one = 1;' ]
