import { randomInt } from 'node:crypto';

const SETS = ['ABCDEFGHJKLMNPQRSTUVWXYZ', 'abcdefghijkmnopqrstuvwxyz', '23456789', '-_.!'] as const;
const LENGTH = 20;

/** A password for one login: about 115 bits, of every kind of character, without those that look alike. */
export function oneTimePassword(): string {
  const all = SETS.join('');
  const letters = [...SETS, ...Array.from({ length: LENGTH - SETS.length }, () => all)].map(
    set => set[randomInt(set.length)]!,
  );
  for (let i = letters.length - 1; i > 0; i--) {
    const j = randomInt(i + 1);
    [letters[i], letters[j]] = [letters[j]!, letters[i]!];
  }
  return letters.join('');
}
