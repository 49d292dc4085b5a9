# The focused test does not land. The agent's own commands are not CI, or the other unit would have written nothing.
tail -8 run.out
git -C remote.git show main:c.test.js && ! git -C remote.git show main:b.test.js 2>/dev/null
