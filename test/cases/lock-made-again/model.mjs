// All three have begun before one lands, so that each works on the same base.
/** @type {(name: string) => object[]} */
const add = (name) => [{ bash: `echo 1.${name} > packages/${name} && sh lock.sh` }, { bash: 'sleep 8' }];
export const model = { x: add('x'), y: add('y'), z: add('z') };
