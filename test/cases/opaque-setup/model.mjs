export const model = {
  fine: [{ bash: 'echo 2 > source.txt' }],
  needs: [{ bash: 'touch needs-server' }],
  red: [{ bash: 'echo 3 > source.txt' }],
};
