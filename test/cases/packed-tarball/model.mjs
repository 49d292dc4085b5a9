const pack = `echo 'module.exports = 2;' > lib/index.js && cd lib && npm pack --silent --pack-destination .. && cd .. && mv lib-1.0.0.tgz lib.tgz`;
export const model = { pack: [{ bash: pack }], fine: [{ bash: 'echo fine > fine.txt' }] };
