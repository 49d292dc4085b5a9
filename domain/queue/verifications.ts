// Which verifications a queue asks for, and which it gives up. Pure.

import { type QueueAction, type QueueState, type Step } from './state.ts';
import type { VerificationSource } from '../../contracts/activities/verification.ts';
import { forgetBad } from './verdicts.ts';
import { judgementOf } from './judgement.ts';
import { keyAt, sourceAt } from './train.ts';

/** Asks for the verifications that matter, and gives up the others, unless a build from the tip is about to say which matter. */
export function verifyWhatMatters(state: QueueState, at: string): Step {
  const { line, building, rules, suspect } = state;
  const known = sourcesOf(state);
  const verdicts = building === null ? forgetBad(state.verdicts, new Set(known.keys())) : state.verdicts;
  const wanted = new Set<string>();
  const add = (key: string | null | undefined): void => void (typeof key === 'string' && wanted.add(key));
  add(suspect?.candidate.key);
  for (const position of judgementOf(state).verify) add(line === null ? null : keyAt(line, position));
  const isBuiltAgain = line === null && building !== null;
  const isWanted = ({ key }: { readonly key: string }): boolean => isBuiltAgain || wanted.has(key);
  const kept = verdicts.asked.filter(isWanted);
  const actions: QueueAction[] = verdicts.asked
    .filter((each) => !isWanted(each))
    .map(({ key }) => ({ type: 'release', key }));
  const asked = [...kept];
  for (const key of wanted) {
    const source = known.get(key);
    if (source === undefined || asked.some((each) => each.key === key) || asked.length >= rules.parallel) continue;
    asked.push({ key, since: at, ref: source.ref });
    actions.push(request(state, key, source));
  }
  return { state: { ...state, verdicts: { ...verdicts, asked } }, actions };
}

/** Where the verification of each key is described. */
function sourcesOf({ line, suspect }: QueueState): Map<string, VerificationSource> {
  const sources = new Map<string, VerificationSource>();
  if (typeof suspect?.candidate.key === 'string') sources.set(suspect.candidate.key, suspect.source);
  for (const position of line === null ? [] : [0, ...line.candidates.map((_, index) => index + 1)]) {
    const [key, source] = line === null ? [] : [keyAt(line, position), sourceAt(line, position)];
    if (typeof key === 'string' && source !== undefined) sources.set(key, source);
  }
  return sources;
}

function request({ id, rules }: QueueState, key: string, source: VerificationSource): QueueAction {
  return { type: 'request', key, subscription: { queue: id, source, timeoutSeconds: rules.timeoutSeconds } };
}

/** How long a verdict may take before it is asked for again: the message may have been lost. */
const verdictSeconds = 600;

/** Whoever has a verdict answers again; a verification that is under way takes no notice. */
export function askAgain(state: QueueState, at: string): Step {
  const known = sourcesOf(state);
  const late = state.verdicts.asked.filter(({ since }) => Date.parse(at) - Date.parse(since) >= verdictSeconds * 1000);
  const actions = late.flatMap(({ key }) => {
    const source = known.get(key);
    return source === undefined ? [] : [request(state, key, source)];
  });
  return { state, actions };
}
