tail -12 run.out
git -C remote.git show main:api.schema | grep '"name".*"age"'
