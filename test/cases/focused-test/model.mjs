export const model = {
  focus: [{ bash: `echo "it.only('b');" > b.test.js` }],
  test: [{ bash: `test -z "$CI" && echo "it('c');" > c.test.js` }],
};
