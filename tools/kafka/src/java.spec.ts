import { expect, it } from 'vitest';
import { javaMajor } from './java.js';

it.each([
  ['openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment', 17],
  ['java version "1.8.0_292"', 8],
  ['openjdk version "25-ea" 2025-09-16', 25],
  ['Error: could not find libjava.so', undefined],
])('reads the feature release of %j', (text, major) => {
  expect(javaMajor(text)).toBe(major);
});
