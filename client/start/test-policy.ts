// Tries the rules of a configuration on a file of sample actions.

import { type PlacedError, countErrors } from '../../formats/yaml/placed-error.ts';
import { type TriedPolicy, trySamples } from '../../formats/policy/try-samples.ts';
import { failure } from '../../contracts/failures.ts';
import { maxConfigBytes, parseConfig } from '../../formats/config-file/config-file.ts';
import { maxSamplesBytes, parseSamples } from '../../formats/policy/samples.ts';
import { readCodeowners } from '../../formats/codeowners/parse.ts';
import { localCodeowners } from './local-codeowners.ts';
import { dirname } from 'node:path';
import { readUserFile } from '../read-user-file.ts';

/** `names`: paths of the repository. CODEOWNERS is the one beside the configuration. Throws `BadConfig` or `BadInput` with the place of every error. */
export async function testPolicy(
  configFile: string,
  samplesFile: string,
  names: readonly string[],
): Promise<TriedPolicy> {
  const parsed = parseConfig(await readUserFile(configFile, maxConfigBytes), configFile);
  if (parsed.errors !== undefined) throw withErrors('BadConfig', configFile, parsed.errors);
  const read = parseSamples(await readUserFile(samplesFile, maxSamplesBytes), samplesFile);
  if ('errors' in read) throw withErrors('BadInput', samplesFile, read.errors);
  const owners = readCodeowners(await localCodeowners(dirname(configFile)));
  return trySamples(parsed.config, read.samples, names, owners);
}

function withErrors(type: 'BadConfig' | 'BadInput', file: string, errors: readonly PlacedError[]): Error {
  const message = `${file} has ${countErrors(errors)}`;
  return failure(type, message, { details: { errors } });
}
