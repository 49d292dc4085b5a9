export const model = {
  break: [{ bash: "echo 'export const one = 10;' > src/one.mjs" }],
  delete: [{ bash: 'rm src/two.mjs' }],
  fine: [{ bash: "echo 'export const three = 3;' > src/three.mjs" }],
};
