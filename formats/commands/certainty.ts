// How certain it is that a pattern means a command: 0 = no, 1 = possibly, 2 = surely.

export type Certainty = 0 | 1 | 2;

export function lower(a: Certainty, b: Certainty): Certainty {
  return a < b ? a : b;
}

export function higher(a: Certainty, b: Certainty): Certainty {
  return a > b ? a : b;
}
