import { homedir } from 'node:os';
import { homeFolder } from '../../domain/environment.ts';

/** COPPICE_HOME of this process. */
export function homeOfProcess(): string {
  return homeFolder(process.env, homedir());
}
