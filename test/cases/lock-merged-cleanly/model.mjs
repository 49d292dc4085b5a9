const dropIt = 'npm uninstall pe --offline --silent';
const useIt = `printf '{"name":"pm","version":"1.0.0","dependencies":{"pe":"file:../e"}}\\n' > pkgs/m/package.json; npm install --offline --silent; sleep 8`;
/** What the message says; without it the agent does nothing, and the unit fails. */
const again = 'git show HEAD:package-lock.json > package-lock.json; npm install --offline --silent; npm ls';
const message = 'changed the lock file package-lock.json, and git has merged it';

/** @type {(unit: string, turn: number, request: { messages: unknown }) => object} */
export const model = (unit, turn, request) => {
  if (unit === 'drop') return turn === 0 ? { bash: dropIt } : { text: 'Done.' };
  if (turn === 0) return { bash: useIt };
  return turn === 2 && JSON.stringify(request.messages).includes(message) ? { bash: again } : { text: 'Done.' };
};
