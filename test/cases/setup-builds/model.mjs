export const model = {
  break: [{ bash: "echo 'export const answer = 2;' > src/answer.js" }],
  add: [{ bash: "echo 'export const other = 1;' > src/other.js" }],
};
